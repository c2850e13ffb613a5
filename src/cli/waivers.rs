//! `waivers.yaml`: where it is, and what a person is told of it.
#![expect(clippy::disallowed_methods, reason = "the command line looks for the file, and reads the clock")]

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::CliError;
use super::config::Config;
use super::session::{Session, SessionArgs, read_source};
use super::ui::Ui;
use crate::engine::{Bundle, WaiverNote, WaiverNotes, parse_waivers};
use crate::model::{Finding, PolicyError, PolicyId, ResourceTypes, Snapshot, Waivers};
use crate::text::Source;

/// The file that is read where none is named.
pub const FILE: &str = "waivers.yaml";

/// The text of the file that `--waivers` names, or `rectify.yaml`, or that stands beside it; none where none is named and none is
/// there.
pub fn read(args: &SessionArgs, config: &Config) -> Result<Option<Source>, CliError> {
    if let Some(path) = args.waivers.as_ref().or(config.waivers.as_ref()) {
        let help = "nothing is waived by a file that is not there, and nothing is changed without it: write it, or do not name it";
        return read_source(path).map(Some).map_err(|error| error.help(help));
    }
    let beside = config.source.as_ref().and_then(|source| Some(Path::new(source.name.as_ref()).parent()?.join(FILE)));
    let mut found: Vec<PathBuf> = Vec::new();
    for path in beside.into_iter().chain([PathBuf::from(FILE)]) {
        let known = found.iter().any(|other| same(other, &path));
        match path.symlink_metadata() {
            Ok(_) if !known => found.push(path),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            // What cannot be looked for may be there.
            Err(error) => return Err(CliError::config(format!("{}: {error}", path.display()))),
        }
    }
    match found.as_slice() {
        [] => Ok(None),
        [path] => read_source(path).map(Some),
        [one, other, ..] => Err(CliError::config(format!("there is {} and {}", one.display(), other.display()))
            .help("name the one that is meant, with `waivers` in rectify.yaml or with --waivers")),
    }
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// The waivers of the file, for a bundle with every policy that there is.
///
/// # Errors
/// Whatever is wrong with it: a file that cannot be read whole waives nothing, and nothing else is done either.
pub fn load(args: &SessionArgs, config: &Config, bundle: &Bundle, types: &ResourceTypes) -> Result<Waivers, CliError> {
    let Some(source) = read(args, config)? else { return Ok(Waivers::default()) };
    // A clock that is set back does not make a waiver longer.
    let now = Timestamp::now();
    Ok(parse_waivers(&source, bundle, types, args.now.map_or(now, |as_of| as_of.max(now)))?)
}

/// What there is to say of the waivers after an assessment, as far as the selection lets it be known; none where there is no file.
pub fn notes(
    session: &Session,
    bundle: &Bundle,
    snapshot: &Snapshot,
    findings: &[Finding],
    errors: &[PolicyError],
) -> Option<WaiverNotes> {
    let selection = &session.selection;
    let everywhere = selection.types.is_empty() && selection.resource.is_empty();
    let whole =
        |id: &PolicyId| everywhere && bundle.policies.find(id.as_str()).is_some_and(|policy| selection.picks(policy));
    let told = || WaiverNotes::of(&session.assessor_of(bundle), snapshot, findings, errors, whole);
    session.settings.waivers.digest.as_ref().map(|_| told())
}

/// Says it.
pub fn tell(notes: Option<&WaiverNotes>, ui: &Ui) {
    for line in notes.into_iter().flat_map(lines) {
        ui.note(&format!("{}: {line}", crate::report::strong("warning")));
    }
}

/// What there is to say, one line a waiver.
pub fn lines(notes: &WaiverNotes) -> Vec<String> {
    let told = |note: &WaiverNote, what: &str| {
        let policies = note.policies.iter().map(PolicyId::as_str).collect::<Vec<_>>().join(", ");
        format!("{}: the waiver of {policies} ({}) {what}", note.waiver, note.owner)
    };
    let unmatched = notes
        .unmatched
        .iter()
        .map(|note| told(note, "fits nothing that was found: take it out, or see what it should be about"));
    let expiring = notes.expiring.iter().map(|note| told(note, &format!("holds only until {}", note.expires)));
    unmatched.chain(expiring).collect()
}
