//! The floors: imports go down only, and what may be named in one place is named there alone. The words of every file are
//! read, without comments, texts and unit tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test says what it expects by failing, and has a process of its own"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `src`, each with its floor.
const FLOORS: &[(&str, u8)] = &[
    ("model", 0),
    ("text", 1),
    ("policy", 2),
    ("playbook", 2),
    ("engine", 3),
    ("cloud", 4),
    ("journal", 4),
    ("apply", 5),
    ("event", 6),
    ("report", 6),
    ("cli", 7),
];

/// Imports on the same floor, and why.
const NEIGHBOURS: &[(&str, &str, &str)] = &[(
    "playbook",
    "policy",
    "a playbook's `when` is a Rego expression, and its parameters are declared as a policy's are",
)];

/// Imports that go up, and why.
const UPWARDS: &[(&str, &str, &str)] = &[];

/// What only some files may name: the beginning of a word, the files, and why.
const ONLY_IN: &[(&str, &[&str], &str)] = &[
    ("serde_yaml", &["text/yaml.rs"], "one place knows how YAML is read and its mistakes told"),
    ("saphyr_parser", &["text/yaml/"], "one place knows how YAML is read and its mistakes told"),
    ("regorus", &["policy/rego.rs", "policy/rego/"], "one place knows the evaluator"),
    (
        "aws_",
        &["cloud/aws/", "journal/dynamodb.rs", "cli/lambda.rs"],
        "one place knows the SDK; the journal of a fleet is kept in a table of our own, which is no part of the account's cloud, and the Lambda function reads the records of its queue",
    ),
    ("rusqlite", &["journal/sqlite.rs"], "one place knows the database"),
    ("println", &["cli/ui.rs"], "one place owns the terminal"),
    ("eprintln", &["cli/ui.rs"], "one place owns the terminal"),
    ("print", &["cli/ui.rs"], "one place owns the terminal"),
    ("eprint", &["cli/ui.rs"], "one place owns the terminal"),
    ("dbg", &[], "it is for trying things out"),
    ("stdout", &["cli/ui.rs"], "one place owns the terminal"),
    ("stderr", &["cli/ui.rs"], "one place owns the terminal"),
    ("stdin", &["cli/ui.rs"], "one place owns the terminal"),
    ("indicatif", &["cli/ui.rs"], "one place owns the terminal"),
    ("anstream", &["cli/ui.rs"], "one place owns the terminal"),
];

/// What no file below `cloud` may name: its result would depend on when and where it is asked.
const IMPURE: &[&str] = &[
    "std::time::SystemTime",
    "std::time::Instant",
    "Timestamp::now",
    "Zoned::now",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "tokio",
    "getrandom",
    "uuid",
];

/// Code lines of a file, at most.
const LONGEST: usize = 400;

/// Files that are longer, and why.
const LONGER: &[(&str, &str)] = &[];

struct File {
    /// Below `src`, with `/`.
    name: String,
    /// Its code without comments, the content of texts, and unit tests.
    code: String,
}

impl File {
    fn module(&self) -> &str {
        self.name.split(['/', '.']).next().unwrap()
    }

    /// The paths that the code names, with groups spelled out: `use a::{b, c::d}` is `a::b` and `a::c::d`.
    fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        let mut rest = self.code.as_str();
        while let Some(start) = rest.find(is_word) {
            rest = &rest[start..];
            rest = &rest[path("", rest, &mut paths)..];
        }
        paths
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Reads one path at the start of a text, adds it (or each of its group), and tells its length.
fn path(before: &str, text: &str, paths: &mut Vec<String>) -> usize {
    let mut length = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let mut name = format!("{before}{}", &text[..length]);
    while text[length..].starts_with("::") {
        let rest = &text[length + 2..];
        if rest.starts_with('{') {
            length += 3;
            loop {
                let rest = &text[length..];
                let skipped = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len();
                length += skipped;
                match text[length..].chars().next() {
                    None | Some('}') => return (length + 1).min(text.len()),
                    Some(c) if is_word(c) => length += path(&format!("{name}::"), &text[length..], paths),
                    Some(c) => length += c.len_utf8(),
                }
            }
        }
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if word == 0 {
            break;
        }
        name = format!("{name}::{}", &rest[..word]);
        length += 2 + word;
    }
    paths.push(name);
    length.max(1)
}

/// A text without comments, the content of texts, and everything from the unit tests on.
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let (mut code, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(hashes) = raw_text(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            rest[start..].find(&end).map_or(rest.len(), |found| start + found + end.len())
        } else if c == '"' {
            let mut characters = rest.char_indices().skip(1);
            loop {
                match characters.next() {
                    Some((_, '\\')) => drop(characters.next()),
                    Some((end, '"')) => break end + 1,
                    Some(_) => {}
                    None => break rest.len(),
                }
            }
        } else if c == '\'' && (rest[1..].starts_with('\\') || rest[1..].chars().nth(1) == Some('\'')) {
            // A character, not a lifetime.
            let escaped = usize::from(rest[1..].starts_with('\\')) + 1;
            let second = 1 + rest[1..].chars().take(escaped).map(char::len_utf8).sum::<usize>();
            rest[second..].find('\'').map_or(rest.len(), |found| second + found + 1)
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        // Lines stay lines.
        code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
        code.push(' ');
        rest = &rest[skipped..];
    }
    code
}

fn raw_text(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    rest[hashes..].starts_with('"').then_some(hashes)
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<File> {
    let src = root().join("src");
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
        File { name, code: code(&fs::read_to_string(&path).unwrap()) }
    };
    // Unit tests that are long stand in `tests.rs` beside what they test.
    rust_files(&src).into_iter().filter(|path| !path.ends_with("tests.rs")).map(read).collect()
}

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// The modules of `src` that a file's paths lead to.
fn imports(file: &File) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in file.paths() {
        let segments: Vec<&str> = path.split("::").collect();
        // `super` of a file at the top is the crate; deeper ones stay in their module.
        let module = match segments.as_slice() {
            ["crate", module, ..] => *module,
            _ => continue,
        };
        found.insert(module.to_owned());
    }
    found
}

#[test]
fn every_module_has_a_floor() {
    let modules: BTreeSet<String> = sources().iter().map(|file| file.module().to_owned()).collect();
    let unknown: Vec<&String> =
        modules.iter().filter(|module| floor(module).is_none() && !matches!(module.as_str(), "lib" | "main")).collect();
    assert!(unknown.is_empty(), "say in FLOORS on which floor they are: {unknown:?}");
}

#[test]
fn imports_go_down() {
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for file in sources() {
        let Some(here) = floor(file.module()) else { continue };
        for module in imports(&file) {
            let Some(there) = floor(&module) else {
                wrong.push(format!("{} imports crate::{module}, which is no module", file.name));
                continue;
            };
            let excepted =
                NEIGHBOURS.iter().chain(UPWARDS).any(|(from, to, _)| *from == file.module() && *to == module);
            if module == file.module() || there < here {
                continue;
            } else if excepted {
                used.insert((file.module().to_owned(), module));
            } else {
                wrong.push(format!("{} (floor {here}) imports {module} (floor {there})", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that do not go down:\n{}", wrong.join("\n"));
    for (from, to, _) in NEIGHBOURS.iter().chain(UPWARDS) {
        assert!(used.contains(&((*from).to_owned(), (*to).to_owned())), "{from} no longer imports {to}");
    }
}

#[test]
fn no_file_leaves_its_module_by_super() {
    for file in sources() {
        let depth = file.name.matches('/').count() + usize::from(!file.name.ends_with("mod.rs"));
        for path in file.paths() {
            let ups = path.split("::").take_while(|segment| *segment == "super").count();
            assert!(ups < depth.max(1), "{}: {path} leads out of {}; write crate::", file.name, file.module());
        }
    }
}

#[test]
fn one_place_knows_each_crate_and_the_terminal() {
    let mut wrong = Vec::new();
    for file in sources() {
        let words: BTreeSet<String> =
            file.paths().iter().flat_map(|path| path.split("::")).map(str::to_owned).collect();
        for (word, places, why) in ONLY_IN {
            let named =
                words.iter().any(|named| if word.ends_with('_') { named.starts_with(word) } else { named == word });
            if named && !places.iter().any(|place| file.name.starts_with(place)) {
                wrong.push(format!("{} names {word}, which only {places:?} may: {why}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_below_the_cloud_asks_for_time_place_or_files() {
    let mut wrong = Vec::new();
    for file in sources() {
        if floor(file.module()).is_none_or(|floor| floor >= 4) {
            continue;
        }
        for path in file.paths() {
            let whole = format!("::{path}::");
            if let Some(impure) = IMPURE.iter().find(|impure| whole.contains(&format!("::{impure}::"))) {
                wrong.push(format!("{} names {impure}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_small() {
    let lines = |file: &File| file.code.lines().filter(|line| !line.trim().is_empty()).count();
    let long: BTreeMap<String, usize> =
        sources().iter().map(|file| (file.name.clone(), lines(file))).filter(|(_, lines)| *lines > LONGEST).collect();
    let unexpected: Vec<_> = long.iter().filter(|(name, _)| !LONGER.iter().any(|(longer, _)| longer == name)).collect();
    assert!(unexpected.is_empty(), "more than {LONGEST} lines of code: {unexpected:?}");
    for (name, _) in LONGER {
        assert!(long.contains_key(*name), "{name} is no longer too long");
    }
}

#[test]
fn every_test_file_is_run() {
    // Files in tests/ are found by cargo; those below it are named by a file beside or above them.
    let tests = root().join("tests");
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(!manifest.contains("autotests"), "cargo would not find tests by itself");
    let mut forgotten = Vec::new();
    for path in rust_files(&tests) {
        let folder = path.parent().unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if folder == tests || name == "main" {
            continue;
        }
        let (name, namers) = match name {
            "mod" => (folder.file_name().unwrap().to_str().unwrap(), rust_files(&tests)),
            _ => (name, vec![folder.join("mod.rs"), folder.join("main.rs")]),
        };
        let named = |file: &PathBuf| {
            let text = fs::read_to_string(file).unwrap_or_default();
            text.lines().any(|line| line.trim_start_matches("pub ").trim() == format!("mod {name};"))
        };
        if !namers.iter().any(named) {
            forgotten.push(path.strip_prefix(&tests).unwrap().display().to_string());
        }
    }
    assert!(forgotten.is_empty(), "no `mod` names {forgotten:?}");
}

#[test]
fn the_reader_of_this_test_reads_rightly() {
    let read = File {
        name: "x.rs".into(),
        code: code(
            "use crate::{a, b::{C, d::E}};\n// crate::no1\nlet x = \"crate::no2\"; r#\"crate::no3 \"\"#;\nlet c = '\"'; fn f<'a>(x: &'a crate::e::F) { std::fs::read(x) }\n\n#[cfg(test)]\nmod tests { crate::no4 }",
        ),
    };
    let found: Vec<String> = imports(&read).into_iter().collect();
    assert_eq!(found, ["a", "b", "e"]);
    assert!(read.paths().contains(&"std::fs::read".to_owned()));
    assert!(read.paths().contains(&"crate::b::d::E".to_owned()));
}
