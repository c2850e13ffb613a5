//! A file of documents that several processes may change.
#![expect(clippy::disallowed_methods, reason = "the file is read again where another process has written it")]

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::cloud::snapshot_file;
use crate::model::Snapshot;
use crate::text::Source;

/// A snapshot file, and which of its states the documents in memory are.
pub struct SharedFile {
    /// As messages name it.
    name: String,
    /// Where it is, whatever links lead there: whoever writes it locks the same file.
    path: PathBuf,
    /// None where it is no file, such as a pipe: that is read once.
    seen: Mutex<Option<Version>>,
}

/// Tells what a file holds from what it held before. It is written anew each time, so its number changes too.
#[derive(PartialEq)]
struct Version {
    number: u64,
    length: u64,
    modified: Option<SystemTime>,
}

impl Version {
    fn of(about: &Metadata) -> Self {
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(about);
        #[cfg(not(unix))]
        let number = 0;
        Self { number, length: about.len(), modified: about.modified().ok() }
    }
}

impl SharedFile {
    /// A file as it is now: to be called before its documents are read.
    pub fn at(path: &Path) -> Self {
        let about = path.metadata().ok().filter(Metadata::is_file);
        Self {
            name: path.display().to_string(),
            path: path.canonicalize().unwrap_or_else(|_| path.to_owned()),
            seen: Mutex::new(about.as_ref().map(Version::of)),
        }
    }

    /// As messages name it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the documents again, if the file is not as they are.
    pub fn refresh(
        &self,
        documents: &mut Snapshot,
        parse: impl FnOnce(&Source) -> Result<Snapshot, String>,
    ) -> Result<(), String> {
        let failed = |error: io::Error| self.failed(&error);
        let mut seen = self.seen();
        let Some(known) = seen.as_ref() else { return Ok(()) };
        if Version::of(&self.path.metadata().map_err(failed)?) == *known {
            return Ok(());
        }
        let file = File::open(&self.path).map_err(failed)?;
        let version = Version::of(&file.metadata().map_err(failed)?);
        let mut text = String::new();
        file.take(snapshot_file::LARGEST.saturating_add(1)).read_to_string(&mut text).map_err(failed)?;
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > snapshot_file::LARGEST {
            return Err(format!("{}: larger than a snapshot may be", self.name));
        }
        *documents = parse(&Source::new(&self.name, text))?;
        *seen = Some(version);
        Ok(())
    }

    /// Waits until no other process changes the file; until the lock is dropped none does. The file itself cannot be locked: what
    /// is written stands in its place.
    pub fn lock(&self) -> Result<File, String> {
        let mut name = OsString::from(".");
        name.push(self.path.file_name().unwrap_or_default());
        name.push(".lock");
        let path = self.path.with_file_name(name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let locked = options.open(&path).and_then(|file| file.lock().map(|()| file));
        locked.map_err(|error| format!("{}: cannot be locked: {error}", path.display()))
    }

    /// Writes the documents in place of the file; whoever does holds the lock.
    pub fn write(&self, documents: &Snapshot) -> Result<(), String> {
        let mut seen = self.seen();
        snapshot_file::write(&self.path, documents).map_err(|error| self.failed(&error))?;
        if let Ok(about) = self.path.metadata() {
            *seen = Some(Version::of(&about));
        }
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> String {
        format!("{}: {error}", self.name)
    }

    fn seen(&self) -> MutexGuard<'_, Option<Version>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
