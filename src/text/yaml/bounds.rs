//! How deep a YAML text is, and how much its aliases make of it, by a parser that tells of one event after the other.
//!
//! The parser that makes values reads a whole text before it looks: it takes hours for some thousand open brackets, since it
//! goes over all of them at each token, and writes out an alias as often as it is used.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser};

use crate::text::{Diagnostic, Source};

/// Levels that a text may be nested. The parser proper refuses what is deeper than 128.
const DEEPEST: usize = 100;

/// Bytes that a text may have with its aliases written out.
const LARGEST: usize = 8 << 20;

/// What counts for a value that has no text, in bytes.
const EACH: usize = 16;

/// Refuses a text that is nested too deeply, or that its aliases make too large.
pub(super) fn check(source: &Source) -> Result<(), Diagnostic> {
    let mut anchors: BTreeMap<usize, usize> = BTreeMap::new();
    // Of each collection that is open: its anchor, and the size of what is in it so far.
    let mut open: Vec<(usize, usize)> = vec![(0, 0)];
    for read in Parser::new_from_str(&source.text) {
        let (event, span) = match read {
            Ok(read) => read,
            // The parser proper has the better words; it may go over what is left where that cannot be deep.
            Err(_) if source.text.matches(['[', '{']).count() <= DEEPEST => return Ok(()),
            Err(error) if error.info() == "recursion limit exceeded" => {
                return Err(too_deep(source, error.marker()));
            }
            Err(error) => {
                let place = error.marker();
                return Err(source.complain(place.line(), place.col() + 1, error.info()));
            }
        };
        let ended = match event {
            Event::Alias(anchor) => Some((0, anchors.get(&anchor).copied().unwrap_or_default())),
            Event::Scalar(text, _, anchor, _) => Some((anchor, text.len() + EACH)),
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                if open.len() > DEEPEST {
                    return Err(too_deep(source, &span.start));
                }
                open.push((anchor, EACH));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop(),
            _ => None,
        };
        let Some((anchor, size)) = ended else { continue };
        if anchor != 0 {
            anchors.insert(anchor, size);
        }
        if let Some((_, whole)) = open.last_mut() {
            *whole = whole.saturating_add(size);
            if *whole > LARGEST + source.text.len().saturating_mul(EACH) {
                let told =
                    source.complain(span.start.line(), span.start.col() + 1, "the aliases make too much of the text");
                return Err(told.help(format!("with each written out, it may have {LARGEST} bytes")));
            }
        }
    }
    Ok(())
}

fn too_deep(source: &Source, place: &Marker) -> Diagnostic {
    let told = source.complain(place.line(), place.col() + 1, "nested too deeply");
    told.help(format!("at most {DEEPEST} levels may be open at once"))
}
