//! What is refused where a module is loaded, since no limit would stop it in time.

use crate::policy::ast;

/// Builtins that a policy may not call, each with what to do instead: a policy's verdict depends on its input alone.
const REFUSED: &[(&str, &str)] = &[
    ("http.send", "a policy reads documents only; what it needs from outside belongs into policies/data"),
    ("net.lookup_ip_addr", "a policy reads documents only"),
    ("opa.runtime", "the environment is no input of a policy"),
    ("print", "`rectify test` tells what a failing test makes"),
    ("rand.intn", "the same input has to give the same verdict"),
    ("time.now_ns", "the assessment's clock is input.now"),
    ("trace", "delete it"),
    ("uuid.rfc4122", "the same input has to give the same verdict"),
    // A single one of these can take all of the memory, or hours, before any limit is looked at.
    ("bits.lsh", "multiply by a literal"),
    ("format_int", "sprintf(\"%d\", [x]) writes a number"),
    ("graph.reachable_paths", "graph.reachable finds the same nodes"),
    ("net.cidr_expand", "net.cidr_contains compares without writing out every address"),
    ("numbers.range", "loop over the documents, or over a literal list"),
    ("numbers.range_step", "loop over the documents, or over a literal list"),
    ("product", "multiply the numbers by name: a * b"),
    ("regex.globs_match", "glob.match compares a text with a pattern"),
    ("strings.replace_n", "replace with a literal"),
    ("test.sleep", "delete it"),
    ("units.parse", "compare with to_number"),
    ("units.parse_bytes", "compare with to_number"),
];

/// Builtins of which one argument decides how much the result grows: it has to be a literal text, which can grow it only so
/// much.
const GROWING: &[(&str, usize)] = &[("concat", 0), ("regex.replace", 2), ("replace", 2), ("sprintf", 0)];

/// Brackets that may be open at once: regorus's parser takes twice the time for each.
pub const DEEPEST: usize = 16;

/// Characters of such a literal: of a format more, since it stands once in the result.
const LONGEST_LITERAL: usize = 32;
const LONGEST_FORMAT: usize = 1000;

/// Why a call is refused, and what to do instead.
pub fn call(call: &ast::Call) -> Vec<(String, &'static str)> {
    let name = call.name.as_str();
    let refused = REFUSED.iter().find(|(refused, _)| *refused == name);
    let refused = refused.map(|(_, instead)| (format!("a policy may not call {name}"), *instead));
    let growing = GROWING.iter().find(|(growing, _)| *growing == name);
    let growing = growing.and_then(|(_, index)| grows(name, call.arguments.get(*index).and_then(Option::as_deref)));
    let growing = growing.map(|why| (format!("{name}: {why}"), "it bounds how large the result can become"));
    refused.into_iter().chain(growing).collect()
}

/// The place of the bracket that is one too many, line and column from 1.
pub fn nested_too_deeply(text: &str) -> Option<(usize, usize)> {
    let (mut open, mut raw) = (0_usize, false);
    for (number, line) in text.lines().enumerate() {
        let mut quoted = false;
        let mut characters = line.chars().enumerate();
        while let Some((column, c)) = characters.next() {
            match c {
                '`' if !quoted => raw = !raw,
                _ if raw => {}
                '\\' if quoted => drop(characters.next()),
                '"' => quoted = !quoted,
                _ if quoted => {}
                '#' => break,
                '[' | '{' | '(' => open += 1,
                ']' | '}' | ')' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > DEEPEST {
                return Some((number + 1, column + 1));
            }
        }
    }
    None
}

/// Why an argument lets a result grow too much: it has to be a literal, and a short one.
fn grows(name: &str, literal: Option<&str>) -> Option<String> {
    let Some(literal) = literal else {
        return Some("this argument has to be a literal text".to_owned());
    };
    let longest = if name == "sprintf" { LONGEST_FORMAT } else { LONGEST_LITERAL };
    if literal.chars().count() > longest {
        return Some(format!("a literal of at most {longest} characters"));
    }
    // `%9s` pads to a width.
    let mut widths =
        literal.split('%').skip(1).map(|rest| rest.chars().take_while(|c| c.is_numeric() || *c == '.').count());
    (name == "sprintf" && widths.any(|digits| digits > 3)).then(|| "a width of at most three digits".to_owned())
}
