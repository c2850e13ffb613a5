//! Snapshot files: newline-delimited JSON, one document a line behind one header line.

use std::io::{self, Write};
use std::path::Path;

use crate::model::{Header, Resource, ResourceTypes, SNAPSHOT_FORMAT, Scope, Snapshot};
use crate::text::{Diagnostic, Source, json, nearest};

/// Reads a snapshot; a document that is not one, stands in another account, or stands there twice is refused with its
/// line.
pub fn parse(source: &Source, types: &ResourceTypes) -> Result<Snapshot, Diagnostic> {
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
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
