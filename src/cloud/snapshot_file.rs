//! Snapshot files: newline-delimited JSON, one document a line behind one header line.

use std::io::{self, Write};
use std::path::Path;

use super::depth::{TOO_DEEP, is_too_deep};
use super::secret::without_secrets;
use crate::model::{Header, Resource, ResourceTypes, SNAPSHOT_FORMAT, Scope, Snapshot};
use crate::text::{Diagnostic, Source, json, nearest};

/// Bytes of a snapshot, at most.
pub const LARGEST: u64 = 1 << 30;

/// Bytes of one line, at most. No service has a document that comes near it: the largest is a policy of some ten thousand.
const LONGEST_LINE: usize = 4 << 20;

/// Reads a snapshot; a document that is not one, stands in another account, or stands there twice is refused with its
/// line.
pub fn parse(source: &Source, types: &ResourceTypes) -> Result<Snapshot, Diagnostic> {
    read(source, types).map_err(without_secrets)
}

fn read(source: &Source, types: &ResourceTypes) -> Result<Snapshot, Diagnostic> {
    let mut lines = source.text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let (number, first) =
        lines.next().ok_or_else(|| Diagnostic::about(source.name.as_ref(), "the snapshot is empty"))?;
    let header: Header = json::parse_line(source, number, first).map_err(|told| match told.help {
        Some(_) => told,
        None => told.help("the first line is a header, {\"rectify_snapshot\": 1, \"account\": …}"),
    })?;
    if header.rectify_snapshot != SNAPSHOT_FORMAT {
        let format = header.rectify_snapshot;
        let told = source.complain(number, 1, format!("the snapshot has format {format}"));
        return Err(told.help(format!("this version of rectify reads format {SNAPSHOT_FORMAT}")));
    }
    let mut snapshot = Snapshot::new(header);
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        if line.len() > LONGEST_LINE {
            let told = format!("a line of {} bytes, and a document has at most {LONGEST_LINE}", line.len());
            return Err(Diagnostic { place: Some((number, 1)), ..Diagnostic::about(source.name.as_ref(), told) });
        }
        let resource: Resource = json::parse_line(source, number, line)?;
        let complain = |message: String| source.complain(number, 1, message);
        if types.find(&resource.type_name).is_none() {
            let known: Vec<&str> = types.all().map(|kind| kind.name()).collect();
            let told = complain(format!("there is no resource type `{}`", resource.type_name));
            return Err(match nearest(resource.type_name.as_str(), known.iter().copied()) {
                Some(near) => told.help(format!("did you mean `{near}`?")),
                None => told,
            });
        }
        if resource.account != snapshot.header.account {
            return Err(complain(format!(
                "the document is of account {}, and the header says {}",
                resource.account, snapshot.header.account
            )));
        }
        let global = types.find(&resource.type_name).is_some_and(|kind| kind.scope() == Scope::Global);
        let here = if global { resource.region.is_empty() } else { snapshot.header.regions.contains(&resource.region) };
        if !here {
            let regions = if global { "none".to_owned() } else { snapshot.header.regions.join(", ") };
            let message = format!("the document is of Region `{}`, and its Regions are: {regions}", resource.region);
            return Err(complain(message));
        }
        if !resource.properties.is_object() || !resource.facts.is_object() {
            return Err(complain("`properties` and `facts` are objects".into()));
        }
        if is_too_deep(&resource) {
            return Err(complain(TOO_DEEP.into()));
        }
        if line.contains("${rectify:") {
            return Err(complain("the document holds `${rectify:`, which stands for values known after apply".into()));
        }
        if snapshot.get(&resource.key()).is_some() {
            return Err(complain(format!("{} stands in the snapshot twice", resource.key())));
        }
        snapshot.insert(resource);
    }
    Ok(snapshot)
}

/// A snapshot as text.
pub fn text(snapshot: &Snapshot) -> serde_json::Result<String> {
    let mut text = serde_json::to_string(&snapshot.header)?;
    text.push('\n');
    for resource in snapshot.resources() {
        text.push_str(&serde_json::to_string(resource.as_ref())?);
        text.push('\n');
    }
    Ok(text)
}

/// Writes a snapshot in place of a file: whole or not at all, readable by its owner only.
pub fn write(path: &Path, snapshot: &Snapshot) -> io::Result<()> {
    replace(path, text(snapshot)?.as_bytes())
}

/// Writes bytes in place of a file: whole or not at all, readable by its owner only.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (folder, file) = beside(path, bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    keep(folder)
}

/// Writes bytes into a new file as [`replace`] does; false where there is one already, which stays as it is.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let (folder, file) = beside(path, bytes)?;
    match file.persist_noclobber(path) {
        Ok(_) => keep(folder).map(|()| true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    }
}

/// The bytes in a file of another name in the same folder, on the disk.
fn beside<'a>(path: &'a Path, bytes: &[u8]) -> io::Result<(&'a Path, tempfile::NamedTempFile)> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Its owner's alone from the beginning.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok((folder, file))
}

/// The new name is on the disk too once the folder is.
#[cfg(unix)]
fn keep(folder: &Path) -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "a folder is opened to be synchronized, and not read")]
    let folder = std::fs::File::open(folder)?;
    folder.sync_all()
}

#[cfg(not(unix))]
fn keep(_: &Path) -> io::Result<()> {
    Ok(())
}
