//! Complaints about files of documents.

use super::find::secrets;
use super::format::names_a_secret;
use crate::text::Diagnostic;

/// A complaint that does not repeat a secret of the file: the line is not shown where it may hold one, and the place still is.
pub fn without_secrets(told: Diagnostic) -> Diagnostic {
    let mut message = told.message.clone();
    secrets("", &told.message).into_iter().rev().for_each(|range| message.replace_range(range, "…"));
    Diagnostic { excerpt: told.excerpt.filter(|line| !may_hold_one(line)), message, ..told }
}

/// Whether a line of JSON, whole or broken, may hold a secret.
fn may_hold_one(line: &str) -> bool {
    let mut keys = line.split("\"Key\"").skip(1).filter_map(|rest| rest.split('"').nth(1));
    !secrets("", line).is_empty() || line.contains("Variables\"") || keys.any(names_a_secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::secret::format::samples::{RANDOM, made};
    use crate::text::Source;

    #[test]
    fn a_line_that_may_hold_a_secret_is_not_shown() {
        let token = made(&["ghp_", RANDOM]);
        for line in [
            format!("{{\"Description\":\"{token}\"}}"),
            "{\"Environment\":{\"Variables\":{\"A\":\"b\"}}}".to_owned(),
            "{\"Tags\":[{\"Key\": \"db-password\",\"Value\":\"hunter2\"}]}".to_owned(),
        ] {
            let source = Source::new("shop.jsonl", line);
            let told = without_secrets(source.complain(1, 2, format!("not {token}")));
            assert_eq!(told.to_string(), "shop.jsonl:1:2: not …");
        }
        let harmless = Source::new("shop.jsonl", "{\"Tags\":[{\"Key\":\"team\"}]}").complain(1, 1, "x");
        assert_eq!(without_secrets(harmless.clone()), harmless);
    }
}
