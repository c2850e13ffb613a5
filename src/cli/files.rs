//! Files that the command line is pointed at: who wrote them is not known, so each kind has a size that it may have.
#![expect(clippy::disallowed_methods, reason = "the command line reads the files that it is pointed at")]

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::CliError;
use crate::cloud::snapshot_file;
use crate::engine::BundleFiles;
use crate::text::Source;

/// A kind of file, and the most of it that is read, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(&'static str, u64);

impl Kind {
    /// What people write: configuration, waivers, approvals, policies, playbooks, tables.
    pub const WRITTEN: Self = Self("a file that people write", 4 << 20);
    /// An event; EventBridge delivers up to 1 MB (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>).
    pub const EVENT: Self = Self("an event", 2 << 20);
    /// A plan, which has the documents of what it changes, and every finding.
    pub const PLAN: Self = Self("a plan", 256 << 20);
    /// A snapshot, which has all documents.
    pub const SNAPSHOT: Self = Self("a snapshot", snapshot_file::LARGEST);
}

/// Files of one bundle, at most.
const MOST_FILES: usize = 10_000;

/// Reads a text that people write.
pub fn read_source(path: &Path) -> Result<Source, CliError> {
    read_source_of(path, Kind::WRITTEN)
}

/// Reads a text file of a kind; one that is larger than its kind may be is not read to its end.
pub fn read_source_of(path: &Path, kind: Kind) -> Result<Source, CliError> {
    let place = path.display().to_string();
    let failed = |error: io::Error| CliError::config(format!("{place}: {error}"));
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    // What is no file, such as a pipe, tells its size by ending.
    if about.is_file() && about.len() > kind.1 {
        return Err(too_large(&place, kind));
    }
    read(&place, file, kind)
}

fn too_large(place: &str, Kind(what, most): Kind) -> CliError {
    CliError::config(format!("{place}: larger than {} MiB, which is the most that {what} may have", most >> 20))
}

/// Reads a text to its end, if that comes soon enough.
pub fn read(place: &str, text: impl Read, kind: Kind) -> Result<Source, CliError> {
    let mut bytes = Vec::new();
    let read = text.take(kind.1.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| CliError::config(format!("{place}: {error}")))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > kind.1 {
        return Err(too_large(place, kind));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(place, text)),
        Err(error) => {
            let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            let (line, column) = String::from_utf8_lossy(good)
                .lines()
                .enumerate()
                .last()
                .map_or((1, 1), |(number, line)| (number + 1, line.chars().count() + 1));
            Err(CliError::config(format!("{place}:{line}:{column}: a byte that is not UTF-8"))
                .help("it has to be a text file"))
        }
    }
}

/// The texts of one bundle's folder. What is hidden (`.git`) is no part of it, and a link in it leads to a file of the same
/// bundle: it would bring what somebody else wrote, or what nobody else should read, into messages and packages.
pub fn read_bundle(folder: &Path) -> Result<BundleFiles, CliError> {
    let mut walk = Walk { root: folder, paths: Vec::new() };
    for part in ["policies", "playbooks"] {
        let part = folder.join(part);
        match part.symlink_metadata() {
            Ok(about) if about.is_symlink() && !walk.leads_within(&part, Path::is_dir) => return Err(foreign(&part)),
            Ok(_) => walk.add(&part)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(CliError::config(format!("{}: {error}", part.display()))),
        }
    }
    let mut files = BundleFiles::default();
    for path in &walk.paths {
        let source = read_source(path)?;
        files.add(&source.name, &source.text);
    }
    if files.policies.is_empty() && files.playbooks.is_empty() {
        return Err(CliError::config(format!("{} has no policies and no playbooks", folder.display()))
            .help("a bundle is a folder with `policies/**/*.rego` and `playbooks/**/*.yaml`"));
    }
    Ok(files)
}

/// The files below a bundle's folder.
struct Walk<'a> {
    root: &'a Path,
    paths: Vec<PathBuf>,
}

impl Walk<'_> {
    fn add(&mut self, folder: &Path) -> Result<(), CliError> {
        let failed = |path: &Path, error: io::Error| CliError::config(format!("{}: {error}", path.display()));
        let mut entries: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| failed(folder, error))? {
            entries.push(entry.map_err(|error| failed(folder, error))?.path());
        }
        entries.sort();
        let hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        for path in entries.into_iter().filter(|path| !hidden(path)) {
            let kind = path.symlink_metadata().map_err(|error| failed(&path, error))?.file_type();
            if kind.is_dir() {
                self.add(&path)?;
                continue;
            }
            if !(kind.is_file() || kind.is_symlink() && self.leads_within(&path, Path::is_file)) {
                return Err(foreign(&path));
            }
            if self.paths.len() == MOST_FILES {
                let told = format!("{}: the bundle has more than {MOST_FILES} files", self.root.display());
                return Err(CliError::config(told));
            }
            self.paths.push(path);
        }
        Ok(())
    }

    /// Whether a link leads to what it is for, below the bundle's folder.
    fn leads_within(&self, link: &Path, is_for: fn(&Path) -> bool) -> bool {
        let Ok(root) = self.root.canonicalize() else { return false };
        link.canonicalize().is_ok_and(|target| is_for(&target) && target.starts_with(root))
    }
}

fn foreign(path: &Path) -> CliError {
    CliError::config(format!("{}: neither a file nor a link to one of this bundle", path.display()))
        .help("take it out of the bundle, or put the file itself there")
}
