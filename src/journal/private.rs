//! Files and folders that nobody but their owner reads: documents stand in them.

use std::ffi::OsString;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Result;
use std::path::{Path, PathBuf};

/// Makes a folder with those above it, each its owner's alone. What is there already stays as it is.
pub fn folder(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a database's file where there is none, so that at no time anybody else can open it; one that is there already
/// is left to its owner, with what stands beside it.
pub fn file(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    for beside in ["", "-wal", "-shm"] {
        let mut name = OsString::from(path);
        name.push(beside);
        own(&PathBuf::from(name))?;
    }
    Ok(())
}

#[cfg(unix)]
fn own(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let gone = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    let mode = match path.metadata() {
        Ok(metadata) => metadata.permissions().mode(),
        Err(error) if gone(&error) => return Ok(()),
        Err(error) => return Err(error),
    };
    if mode & 0o777 == 0o600 {
        return Ok(());
    }
    match std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)) {
        // Another process has closed the database since, and taken it away.
        Err(error) if gone(&error) => Ok(()),
        done => done,
    }
}

#[cfg(not(unix))]
fn own(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::journal::Sqlite;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_journal_is_its_owner_s_from_the_beginning_with_all_that_stands_beside_it() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("a/b");
        let path = folder.join("journal.db");
        file(&base.path().join("made")).unwrap();
        assert_eq!(mode(&base.path().join("made")), 0o600, "before SQLite has seen it");
        let store = Sqlite::open(&path).unwrap();
        assert_eq!([mode(&base.path().join("a")), mode(&folder)], [0o700, 0o700]);
        let beside = ["journal.db", "journal.db-wal", "journal.db-shm"].map(|name| folder.join(name));
        assert_eq!(beside.each_ref().map(|path| mode(path)), [0o600; 3]);
        // One that somebody has opened to others is closed again.
        for path in &beside {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        let again = Sqlite::open(&path).unwrap();
        assert_eq!(beside.each_ref().map(|path| mode(path)), [0o600; 3]);
        drop((store, again));
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        Sqlite::open(&path).unwrap();
        assert_eq!(mode(&folder), 0o755, "a folder that is there is somebody's own affair");
    }
}
