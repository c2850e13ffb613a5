//! YAML as typed values; the only file that names `serde_yaml`.

mod bounds;

use serde::de::DeserializeOwned;

use super::{Diagnostic, Source, nearest};

/// A text longer than this is refused unread.
const LONGEST: usize = 1 << 20;

/// Parses a text as a value of the type: unknown keys, duplicate keys and wrong types are refused with their place.
pub fn parse<T: DeserializeOwned>(source: &Source) -> Result<T, Diagnostic> {
    if source.text.len() > LONGEST {
        return Err(Diagnostic::about(source.name.as_ref(), format!("longer than {LONGEST} bytes")));
    }
    bounds::check(source)?;
    // A map of names takes the last of two equal keys in silence; the untyped value refuses them.
    serde_yaml::from_str::<serde_yaml::Value>(&source.text).map_err(|error| diagnostic(source, &error))?;
    serde_yaml::from_str(&source.text).map_err(|error| diagnostic(source, &error))
}

/// The lines, counted from 1, on which the elements of the list under a key of the first level begin; fewer or none where they
/// do not all stand on lines of their own.
pub fn elements(source: &Source, key: &str) -> Vec<usize> {
    let is_key = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let begins = |line: &str| {
        let rest = line.trim_start_matches(' ').strip_prefix('-');
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    };
    let lines = source.text.lines().enumerate().skip_while(|(_, line)| !is_key(line)).skip(1);
    let dashed: Vec<(usize, &str)> = lines.filter(|(_, line)| begins(line)).collect();
    // Lists within the elements stand further in.
    let level = dashed.first().map(|(_, line)| indent(line));
    dashed.iter().filter(|(_, line)| Some(indent(line)) == level).map(|(number, _)| number + 1).collect()
}

/// Writes a value as YAML.
pub fn write<T: serde::Serialize>(value: &T) -> Result<String, Diagnostic> {
    serde_yaml::to_string(value).map_err(|error| Diagnostic::about("yaml", error.to_string()))
}

fn diagnostic(source: &Source, error: &serde_yaml::Error) -> Diagnostic {
    let text = error.to_string();
    // The place stands in the message too: once is enough.
    let message = match text.rfind(" at line ") {
        Some(end) => text.get(..end).unwrap_or(&text),
        None => &text,
    };
    let told = match error.location() {
        Some(place) => {
            // Of a key that is there twice the mapping's place is told.
            let (line, column) = second_key(source, message, place.line()).unwrap_or((place.line(), place.column()));
            source.complain(line, column, message)
        }
        None => Diagnostic::about(source.name.as_ref(), message),
    };
    match suggestion(message) {
        Some(help) => told.help(help),
        None => told,
    }
}

/// The place of the second of two equal keys of a block from a line on.
fn second_key(source: &Source, message: &str, from: usize) -> Option<(usize, usize)> {
    let key = message.split_once("duplicate entry with key \"")?.1.strip_suffix('"')?;
    let starts =
        |line: &str| line.trim_start_matches([' ', '-']).strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let lines = source.text.lines().enumerate().skip(from.saturating_sub(1)).filter(|(_, line)| starts(line));
    let column = |line: &str| line.find(key).map_or(1, |byte| line.get(..byte).unwrap_or_default().chars().count() + 1);
    lines.map(|(number, line)| (number + 1, column(line))).nth(1)
}

/// From "unknown field `x`, expected one of `a`, `b`" the near name and all names.
pub(super) fn suggestion(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("unknown ")?;
    let names: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let (unknown, known) = names.split_first()?;
    if known.is_empty() {
        return None;
    }
    Some(match nearest(unknown, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsed")]
    struct Playbook {
        steps: Vec<String>,
        safety: String,
    }

    #[test]
    fn a_mistyped_key_is_told_with_place_line_and_suggestion() {
        let told = parse::<Playbook>(&Source::new("p.yaml", "safety: safe\nstpes: []\n")).unwrap_err();
        assert_eq!(
            told.to_string(),
            "p.yaml:2:1: unknown field `stpes`, expected `steps` or `safety`\n  |\n2 | stpes: []\n  | ^\nhelp: did you mean `steps`?"
        );
    }

    #[test]
    fn a_key_given_twice_is_refused() {
        let told = parse::<BTreeMap<String, u32>>(&Source::new("p.yaml", "a: 1\na: 2\n")).unwrap_err();
        assert!(told.message.contains("duplicate"), "{told}");
    }

    #[test]
    fn the_elements_of_a_list_begin_where_their_dashes_stand() {
        let of = |text: &str| elements(&Source::new("p.yaml", text), "list");
        assert_eq!(
            of(
                "# - no\nother: 1\nlist:\n  # - no\n  - a: 1\n    b:\n      - 2\n      - 3\n  -\n    a: |\n      - no\n"
            ),
            [5, 9]
        );
        assert_eq!(of("list:\n- a\n- b\nlist2:\n"), [2, 3]);
        assert_eq!(of("list: [a, b]\n"), Vec::<usize>::new());
    }

    #[test]
    fn what_is_nested_deeper_than_anybody_writes_is_refused_at_once() {
        let refused = |text: String| parse::<serde_json::Value>(&Source::new("p.yaml", text)).unwrap_err();
        for opened in ["[", "{a: ", "- ", "? ", "[\n", "[ #]\n", "[ ']', ", "[ \"]\", "] {
            let told = refused(opened.repeat(1 << 17));
            assert_eq!(told.message, "nested too deeply", "{opened:?}");
        }
        let told = refused(format!("a: |\n  [\n  ['\nb: {}", "[ ']', ".repeat(1 << 17)));
        assert_eq!((told.message.as_str(), told.place.unwrap().0), ("nested too deeply", 4));
        // What the one parser cannot read, the other may not take its time over.
        let told = refused(format!("a: @\nb: {}", "[".repeat(1 << 17)));
        assert_eq!(told.place.unwrap().0, 1);
    }

    #[test]
    fn an_alias_is_not_written_out_without_an_end() {
        let large = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(30_000));
        let told = parse::<serde_json::Value>(&Source::new("p.yaml", large)).unwrap_err();
        assert_eq!(told.message, "the aliases make too much of the text");
        let fine = "a: &a {x: [1, 2]}\nb: [*a, *a]\n";
        let expected = serde_json::json!({"a": {"x": [1, 2]}, "b": [{"x": [1, 2]}, {"x": [1, 2]}]});
        assert_eq!(parse::<serde_json::Value>(&Source::new("p.yaml", fine)), Ok(expected));
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
        for (name, of) in ["b", "c", "d", "e", "f", "g", "h", "i"].iter().zip(["a", "b", "c", "d", "e", "f", "g", "h"])
        {
            let list = vec![format!("*{of}"); 9].join(", ");
            bomb.push_str(&format!("{name}: &{name} [{list}]\n"));
        }
        assert!(parse::<BTreeMap<String, serde_json::Value>>(&Source::new("p.yaml", bomb)).is_err());
    }
}
