//! Where secrets stand in a text.
//!
//! It errs towards silence, as the formats do: what is taken for a secret is no longer shown to anyone.

use std::ops::Range;

use super::format::{
    SLACK_HOOK, ends_a_web_address, entropy, is_aws_secret_access_key, is_aws_session_token, is_base64,
    is_known_password, is_mixed, is_random, is_reference, is_token, names_a_secret,
};
use crate::model::fingerprints;

/// No secret is shorter.
const SHORTEST: usize = 12;

/// Where secrets stand in a text that goes by a name (of a member, a tag, a variable), in order and apart.
pub fn secrets(name: &str, text: &str) -> Vec<Range<usize>> {
    if text.len() < SHORTEST {
        return Vec::new();
    }
    let trimmed = text.trim();
    if names_a_secret(name) && !is_reference(name, trimmed) && is_random(trimmed) {
        let start = text.len() - text.trim_start().len();
        return apart(text, std::iter::once(start..start + trimmed.len()).collect());
    }
    let mut found = private_keys(text);
    found.extend(hooks(text));
    found.extend(passwords(text));
    found.extend(tokens(text));
    found.extend(keys(name, text));
    found.extend(assigned(text));
    apart(text, found)
}

/// In order, and without those that stand within another or where there is a fingerprint already.
fn apart(text: &str, mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let known = fingerprints(text);
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut end = 0;
    found.retain(|range| {
        let free = range.start >= end && !known.iter().any(|known| known.start < range.end && range.start < known.end);
        if free {
            end = range.end;
        }
        free
    });
    found
}

/// From the first line of a private key to its last, or to the end of the text.
fn private_keys(text: &str) -> Vec<Range<usize>> {
    const BEGIN: &str = "-----BEGIN ";
    let mut found = Vec::new();
    for (start, _) in text.match_indices(BEGIN) {
        let rest = text.get(start..).unwrap_or_default();
        let head = rest.get(BEGIN.len()..).and_then(|rest| rest.split("-----").next()).unwrap_or_default();
        if !head.ends_with("PRIVATE KEY") {
            continue;
        }
        let last = format!("-----END {head}-----");
        let length = rest.find(&last).map_or(rest.len(), |end| end + last.len());
        found.push(start..start + length);
    }
    found
}

/// Whoever knows the address of a webhook can post.
fn hooks(text: &str) -> Vec<Range<usize>> {
    let of = |(start, _): (usize, &str)| start..start + address(text, start);
    text.match_indices(SLACK_HOOK).map(of).collect()
}

/// How long the web address is that begins there.
fn address(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    rest.find(ends_a_web_address).unwrap_or(rest.len())
}

/// The passwords of `scheme://user:password@host`.
fn passwords(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, mark) in text.match_indices("://") {
        let start = at + mark.len();
        let rest = text.get(start..).unwrap_or_default();
        let authority =
            rest.split(|c| ['/', '?', '#'].contains(&c) || ends_a_web_address(c)).next().unwrap_or_default();
        let Some((user, _)) = authority.rsplit_once('@') else { continue };
        let Some((name, password)) = user.split_once(':') else { continue };
        if is_known_password(password) {
            let start = start + name.len() + 1;
            found.push(start..start + password.len());
        }
    }
    found
}

/// Tokens that have a prefix of their own, wherever they stand.
fn tokens(text: &str) -> Vec<Range<usize>> {
    pieces(text, |c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        .filter_map(|range| {
            // The dot after a sentence is no part of it.
            let piece = text.get(range.clone())?;
            let length = piece.trim_end_matches(['.', '-']).len();
            is_token(piece.get(..length)?).then_some(range.start..range.start + length)
        })
        .collect()
}

/// AWS's secret keys and session tokens, which are base64.
fn keys(name: &str, text: &str) -> Vec<Range<usize>> {
    pieces(text, is_base64)
        .filter(|range| {
            let piece = text.get(range.clone()).unwrap_or_default();
            is_aws_session_token(piece) || is_aws_secret_access_key(name, piece) && stands_out(piece)
        })
        .collect()
}

/// A path of words can be as long as a key; a key is more of a mixture.
fn stands_out(piece: &str) -> bool {
    !piece.starts_with('/') && piece.bytes().filter(u8::is_ascii_digit).count() > 1 && entropy(piece) > 4.3
}

/// The values of `password=…`, `"token": "…"` and the like.
fn assigned(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, sign) in text.match_indices(['=', ':']) {
        let before = text.get(..at).unwrap_or_default().trim_end_matches(['"', '\'', ' ']);
        let name = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c)).next().unwrap_or_default();
        if !names_a_secret(name) {
            continue;
        }
        let after = text.get(at + 1..).unwrap_or_default();
        let value = after.trim_start_matches(['"', '\'', ' ']);
        // An ARN has colons too, and names of secrets behind them.
        if sign == ":" && value.len() == after.len() {
            continue;
        }
        let start = text.len() - value.len();
        let value = value.split(|c: char| c.is_whitespace() || "\"',;&)}]<>".contains(c)).next().unwrap_or_default();
        if is_mixed(value) && is_random(value) && !is_reference(name, value) {
            found.push(start..start + value.len());
        }
    }
    found
}

/// The longest pieces of such characters.
fn pieces(text: &str, of: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (of(c), start) {
            (true, None) => start = Some(at),
            (false, Some(begun)) => {
                found.push(begun..at);
                start = None;
            }
            _ => {}
        }
    }
    found.extend(start.map(|begun| begun..text.len()));
    found.into_iter().filter(|range| range.len() >= SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::secret::format::samples::{RANDOM, made};

    #[track_caller]
    fn shown(name: &str, text: &str) -> String {
        let mut shown = text.to_owned();
        secrets(name, text).into_iter().rev().for_each(|range| shown.replace_range(range, "*"));
        shown
    }

    #[test]
    fn only_the_secret_goes() {
        let github = made(&["ghp_", RANDOM]);
        let jwt = made(&["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0In0", ".dozjgNryP4J3jVmNHl0w5N"]);
        let pem = made(&["-----BEGIN RSA ", "PRIVATE KEY-----\nMIIE\n-----END RSA ", "PRIVATE KEY-----"]);
        let hook = made(&["https://hooks.slack.com/", "services/T0/B0/", RANDOM]);
        let aws = made(&["wJalrXUtnFEMI/K7MDENG1/", "bPxRfiCY2EXAMPLEK"]);
        let session = made(&["IQoJb3JpZ2luX2VjE", &RANDOM.repeat(4)]);
        let npm = made(&["npm_", RANDOM]);
        for (name, text, told) in [
            ("Description", format!("deployed with {github}."), "deployed with *."),
            ("Description", format!("{github}, {npm} and {jwt}"), "*, * and *"),
            ("Description", format!("key:\n{pem}\nend"), "key:\n*\nend"),
            ("Description", format!("alerts go to <{hook}>"), "alerts go to <*>"),
            ("Uri", "https://app:hunter2@api.internal/pay".to_owned(), "https://app:*@api.internal/pay"),
            ("Uri", format!("https://api.internal/pay?api_key={RANDOM}&x=1"), "https://api.internal/pay?api_key=*&x=1"),
            ("Description", format!("uses {aws} of AKIAIOSFODNN7EXAMPLE"), "uses * of AKIAIOSFODNN7EXAMPLE"),
            ("Description", format!("aws_secret_access_key = {aws}"), "aws_secret_access_key = *"),
            ("Description", format!("session {session}"), "session *"),
            ("Sid", format!("{{\"password\": \"{RANDOM}\"}}"), "{\"password\": \"*\"}"),
            ("db-password", format!(" {RANDOM} "), " * "),
        ] {
            assert_eq!(shown(name, &text), told);
        }
    }

    #[test]
    fn what_is_concealed_is_not_concealed_again() {
        for text in ["token=hmac-sha256:0123456789abcdef", "https://app:hmac-sha256:0123456789abcdef@api.internal/"] {
            assert_eq!(shown("password", text), text);
        }
    }

    #[test]
    fn what_documents_are_made_of_is_none() {
        for (name, text) in [
            ("Resource", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/PayDatabase1-Ab12Cd"),
            ("Resource", "arn:aws:s3:::shop/Token:prod/PayDatabase1-Ab12Cd34"),
            ("LogGroupName", "/aws/lambda/Shop2Checkout/HandlerOfPay12"),
            ("Description", "shop/prod/functions/Checkout1/handlerMain"),
            ("IdentitySource", "$request.header.Authorization"),
            ("aws:TokenIssueTime", "2026-11-22T12:00:00Z"),
            ("EventSourceToken", "amzn1.ask.skill.0123abcd-0123-abcd-0123-0123456789ab"),
            ("CodeSha256", "fqtq2b7zTIHwBRzw5SMFIjtQDnsC0fqZ4hoSBHPHHQM="),
            ("RevisionId", "5ade0664-d93d-41b2-ac5a-87410d94abb0"),
            ("SecretArn", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:pay-Ab12Cd"),
            ("AccessKeyId", "AKIAIOSFODNN7EXAMPLE"),
            ("Uri", "https://api.internal/oauth2/token?scope=read"),
            ("Description", "rotate the password: see the Runbook of 2026"),
        ] {
            assert_eq!(shown(name, text), text, "{name}");
        }
    }
}
