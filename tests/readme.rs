//! README.md and CONTRIBUTING.md are run from top to bottom, each in a folder of its own, as a reader would: the files
//! that they name are written, the commands that they show are run, and what is printed is compared with what they show.
//!
//! In the documents:
//! - a `console` block has commands behind `$` and what they print, a `sh` block has commands only;
//! - `…` is anything: alone in a line any lines, within a line any text; a time is any time, and the name of a run is
//!   bound to the run's real name, which later commands then get;
//! - a command with the comment `# needs …`, or below a first line that is one, is not run: it stands in the lists below;
//! - a `rego`, `yaml` or `json` block below a line that ends with a path in backticks and a colon is that file;
//! - a `text` block is a picture. A block of another kind is an error, so that nothing stands there unchecked.
//!
//! `UPDATE_DOCS=1 cargo test --test readme` puts the real output in place of what is not so.
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
use std::process::{Command, Stdio};

use regex::{Captures, Regex};

/// What of the README is not run here, and what it needs; kept by hand, so that nothing is left out unseen.
const README_NOT_RUN: &[(&str, &str)] = &[
    ("cargo test", "Python 3 and PyPI"),
    ("rectify scan --region eu-west-1,us-east-1 --severity high", "an AWS account"),
    ("rectify plan --account 111122223333 --out plan.json", "an AWS account"),
    ("rectify apply plan.json --account 111122223333", "an AWS account"),
    ("rectify runs", "an AWS account"),
    ("rectify undo 01a2010f09aa73b798a5840bc87c7856", "an AWS account"),
    ("rectify deploy --package rectify.zip --binary bootstrap-arm64 --out template.yaml", "an AWS account"),
    ("aws s3 cp rectify.zip s3://acme-code/rectify-1.zip", "an AWS account"),
    (
        "aws cloudformation deploy --stack-name rectify --template-file template.yaml --s3-bucket acme-code --capabilities \
         CAPABILITY_IAM --parameter-overrides CodeBucket=acme-code CodeKey=rectify-1.zip",
        "an AWS account",
    ),
    (
        "rectify listen --queue https://sqs.eu-west-1.amazonaws.com/111122223333/events --mode enforce --serve 127.0.0.1:9464",
        "an AWS account",
    ),
    ("rectify fleet list", "an AWS account"),
    (
        "rectify fleet enqueue --queue https://sqs.eu-west-1.amazonaws.com/111122223333/events --policies kms-rotation",
        "an AWS account",
    ),
];

/// The same of CONTRIBUTING.
const CONTRIBUTING_NOT_RUN: &[(&str, &str)] = &[("cargo test", "Python 3 and PyPI"), (".ci/run", "Python 3 and PyPI")];

/// A fenced block, or a command of one.
#[derive(Debug)]
enum Block {
    /// A file to write.
    File { path: String, text: String },
    /// A command, with what it prints where that is shown.
    Shown { line: usize, command: String, output: Option<Vec<String>> },
    /// A command that needs what is not here.
    Needs { line: usize, command: String, what: String },
}

fn blocks(document: &str, text: &str) -> Vec<Block> {
    let (mut blocks, mut fence, mut before) = (Vec::new(), None::<(usize, String)>, "");
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        match (line.strip_prefix("```"), &fence) {
            (Some(language), None) => fence = Some((index + 1, language.to_owned())),
            (Some(_), Some((start, language))) => {
                let body = &lines[*start..index];
                let place = format!("{document}:{start}");
                match language.as_str() {
                    "sh" | "console" => blocks.extend(commands(*start, language, body, &place)),
                    "rego" | "yaml" | "json" => match path_in(before) {
                        Some(path) => blocks.push(Block::File { path, text: body.join("\n") + "\n" }),
                        None => {
                            panic!("{place}: the block has no file name: end the line above it with one, `like/this`:")
                        }
                    },
                    "text" => {}
                    other => panic!("{place}: nothing checks a block of `{other}`"),
                }
                fence = None;
            }
            (None, None) if !line.trim().is_empty() => before = line,
            _ => {}
        }
    }
    assert!(fence.is_none(), "{document}: a block does not end");
    blocks
}

/// The path in backticks that ends a line, before a colon.
fn path_in(line: &str) -> Option<String> {
    let (_, path) = line.trim_end().strip_suffix("`:")?.rsplit_once('`')?;
    Some(path.to_owned())
}

fn commands(start: usize, language: &str, body: &[&str], place: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let needs = |text: &str| text.split_once("# needs ").map(|(_, what)| what.trim().to_owned());
    let all = body.first().filter(|line| line.starts_with('#')).and_then(|line| needs(line));
    for (offset, text) in body.iter().enumerate() {
        let line = start + offset + 1;
        let command = match language {
            "console" => text.strip_prefix("$ "),
            _ => Some(*text).filter(|text| !text.trim().is_empty() && !text.starts_with('#')),
        };
        match (command, blocks.last_mut()) {
            (Some(text), _) => {
                let command = text.split(" #").next().unwrap_or_default().trim().to_owned();
                let output = (language == "console").then(Vec::new);
                blocks.push(match all.clone().or_else(|| needs(text)) {
                    Some(what) => Block::Needs { line, command, what },
                    None => Block::Shown { line, command, output },
                });
            }
            (None, Some(Block::Shown { output: Some(output), .. })) => output.push((*text).to_owned()),
            (None, _) if text.trim().is_empty() || text.starts_with('#') => {}
            _ => panic!("{place}: `{text}` belongs to no command"),
        }
    }
    blocks
}

/// A time as rectify prints it.
const TIME: &str = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z";

/// Runs one document from top to bottom.
struct Reader {
    document: &'static str,
    folder: tempfile::TempDir,
    /// The names of runs, by those in the document.
    runs: BTreeMap<String, String>,
    special: Regex,
}

impl Reader {
    fn new(document: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The one thing of the repository that commands of the documents read.
        let demo = folder.path().join("src/cloud");
        fs::create_dir_all(&demo).unwrap();
        fs::copy(root().join("src/cloud/demo.jsonl"), demo.join("demo.jsonl")).unwrap();
        let special = Regex::new(&format!(r"(?m)^\s*…\n|…|{TIME}|\b[0-9a-f]{{32}}\b")).unwrap();
        Self { document, folder, runs: BTreeMap::new(), special }
    }

    /// Runs a command as a shell does, and gives back its exit code and all that it prints.
    fn run(&self, command: &str) -> (i32, String) {
        let command = command.replace("cargo run --", "rectify");
        let binary = Path::new(env!("CARGO_BIN_EXE_rectify")).parent().unwrap();
        let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .current_dir(self.folder.path())
            .env_clear()
            .envs([("PATH", path.as_str()), ("HOME", self.folder.path().to_str().unwrap())])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.code().unwrap_or(-1), String::from_utf8(output.stdout).unwrap())
    }

    /// A command with the names that runs have here.
    fn bound(&self, command: &str) -> String {
        self.runs.iter().fold(command.to_owned(), |text, (shown, real)| text.replace(shown, real))
    }

    /// Compares what is printed with what is shown, and takes the names of runs from it.
    fn compare(&mut self, shown: &[String], printed: &str) -> bool {
        let shown = shown.join("\n") + "\n";
        let shown = if shown.trim().is_empty() { "" } else { shown.as_str() };
        let (mut pattern, mut rest, mut names) = (String::from(r"\A"), 0, Vec::new());
        for found in self.special.find_iter(shown) {
            pattern.push_str(&regex::escape(&shown[rest..found.start()]));
            rest = found.end();
            match found.as_str() {
                "…" => pattern.push_str(".*?"),
                lines if lines.ends_with("…\n") => pattern.push_str(r"(?:.*\n)*?"),
                name if name.len() == 32 => match self.runs.get(name) {
                    Some(real) => pattern.push_str(real),
                    None => {
                        pattern.push_str("([0-9a-f]{32})");
                        names.push(name.to_owned());
                    }
                },
                _ => pattern.push_str(TIME),
            }
        }
        pattern.push_str(&regex::escape(&shown[rest..]));
        pattern.push_str(r"\z");
        let Some(captures) = Regex::new(&pattern).unwrap().captures(printed) else { return false };
        for (index, name) in names.into_iter().enumerate() {
            self.runs.entry(name).or_insert_with(|| captures[index + 1].to_owned());
        }
        true
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Every policy and playbook of the document is tested with the others of its folder.
    fn test_bundles(&self, files: &BTreeSet<String>) {
        let part = Regex::new("^(.*?)/(?:policies|playbooks)/").unwrap();
        let folder = |captures: Captures<'_>| captures[1].to_owned();
        let folders: BTreeSet<String> = files.iter().filter_map(|path| part.captures(path)).map(folder).collect();
        for folder in folders {
            // Without the document's rectify.yaml, which may name the folder too.
            let (code, printed) = self.run(&format!("rectify test --config /dev/null --bundle {folder} --format json"));
            assert_eq!(code, 0, "{}: bundle {folder}: {printed}", self.document);
            let result: serde_json::Value = serde_json::from_str(&printed).unwrap();
            let tested: BTreeSet<&str> =
                result["results"].as_array().unwrap().iter().filter_map(|test| test["file"].as_str()).collect();
            for path in files.iter().filter(|path| path.starts_with(&folder)) {
                let test = path.replace(".rego", "_test.rego").replace("_test_test", "_test");
                assert!(tested.contains(test.as_str()), "{}: nothing tests {path}", self.document);
            }
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a document; what it shows and is not so is told all at once. Gives back what was not run.
fn read(document: &'static str) -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join(document)).unwrap();
    let mut reader = Reader::new(document);
    let (mut files, mut not_run, mut lies, mut real) = (BTreeSet::new(), Vec::new(), Vec::new(), Vec::new());
    for block in blocks(document, &text) {
        match block {
            Block::File { path, text } => {
                reader.write(&path, &text);
                files.insert(path);
            }
            Block::Needs { line, command, what } => {
                // It is not run, and yet the command line has to be one.
                if command.starts_with("rectify ") {
                    let (code, printed) = reader.run(&format!("{command} --help"));
                    if code != 0 {
                        lies.push(format!("{document}:{line}: {command}\n{printed}"));
                    }
                }
                not_run.push((command, what));
            }
            Block::Shown { line, command, output } => {
                let (code, printed) = reader.run(&reader.bound(&command));
                let shown = output.unwrap_or_else(|| vec!["…".to_owned()]);
                let expected = shown.iter().any(|line| line.starts_with("error:") || line.starts_with("exit code"));
                let ended = matches!(code, 0 | 1) || expected || shown.iter().any(|line| line.starts_with("run "));
                if !ended || !reader.compare(&shown, &printed) {
                    let shown = shown.join("\n");
                    lies.push(format!(
                        "{document}:{line}: {command}\nshown:\n{shown}\nprinted (exit code {code}):\n{printed}"
                    ));
                }
                real.push((line, shown_lines(&text, line), printed));
            }
        }
    }
    if std::env::var_os("UPDATE_DOCS").is_some() && !lies.is_empty() {
        let told: BTreeSet<usize> = lies.iter().filter_map(|lie| lie.split(':').nth(1)?.parse().ok()).collect();
        update(document, &text, real.into_iter().filter(|(line, ..)| told.contains(line)));
    }
    assert!(lies.is_empty(), "{}", lies.join("\n"));
    reader.test_bundles(&files);
    not_run
}

/// How many lines of output a document shows below a command.
fn shown_lines(text: &str, line: usize) -> usize {
    text.lines().skip(line).take_while(|line| !line.starts_with("$ ") && !line.starts_with("```")).count()
}

fn update(document: &str, text: &str, real: impl Iterator<Item = (usize, usize, String)>) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut real: Vec<_> = real.collect();
    real.sort();
    for (line, shown, printed) in real.into_iter().rev() {
        if lines[line - 1].starts_with("$ ") {
            lines.splice(line..line + shown, printed.lines().map(str::to_owned));
        }
    }
    fs::write(root().join(document), lines.join("\n") + "\n").unwrap();
}

/// Compares what was not run with the list of what may not be.
fn told(document: &str, not_run: &[(String, String)], list: &[(&str, &str)]) {
    println!("{document}: {} commands are not run here", not_run.len());
    not_run.iter().for_each(|(command, what)| println!("  {command}: needs {what}"));
    let not_run: Vec<(&str, &str)> = not_run.iter().map(|(command, what)| (command.as_str(), what.as_str())).collect();
    assert_eq!(not_run, list, "{document}");
}

#[test]
fn the_readme_tells_the_truth() {
    told("README.md", &read("README.md"), README_NOT_RUN);
}

#[test]
fn contributing_tells_the_truth() {
    told("CONTRIBUTING.md", &read("CONTRIBUTING.md"), CONTRIBUTING_NOT_RUN);
}

/// The README's promises name their tests: `suite module::name`.
#[test]
fn every_promise_names_tests_that_there_are() {
    let named = Regex::new(r"`(\w+) ((?:\w+::)*)(\w+)`").unwrap();
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap_or_else(|_| panic!("there is no {file}"));
    let readme = read("README.md");
    let (_, promises) = readme.split_once("**Each promise has its tests**").expect("the promises");
    let (promises, _) = promises.split_once("\n## ").expect("a section comes after");
    let rows: Vec<&str> = promises.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 20, "{rows:?}");
    for row in rows {
        let mut tests = named
            .captures_iter(row)
            .map(|test| (test[1].to_owned(), test[2].replace("::", "/"), test[3].to_owned()))
            .peekable();
        assert!(tests.peek().is_some(), "{row}: no test");
        for (suite, module, name) in tests {
            let file = match module.trim_end_matches('/') {
                "" => format!("tests/{suite}.rs"),
                module => format!("tests/{suite}/{module}.rs"),
            };
            let text = read(&file);
            let test = Regex::new(&format!(r"#\[(?:tokio::)?test[^\n]*\n\s*(?:#\[[^\n]*\n\s*)*(?:async )?fn {name}\("))
                .unwrap();
            let found = test.find(&text).unwrap_or_else(|| panic!("{file}: there is no test {name}"));
            assert!(!found.as_str().contains("#[ignore"), "{file}: {name} is not run");
        }
    }
}

/// Whatever a document names of this repository is there.
#[test]
fn what_the_documents_name_is_there() {
    let named = Regex::new(r"`((?:src|policies|playbooks|\.ci)/[\w./-]+)`|\]\(([\w./-]+)\)").unwrap();
    for document in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for captures in named.captures_iter(&text) {
            let path = captures.get(1).or(captures.get(2)).unwrap().as_str();
            assert!(root().join(path).exists(), "{document} names {path}, which is not there");
        }
    }
}
