//! Which known format of secret a value has, told from the value and the name that it goes by.
//!
//! It errs towards silence: a value that may as well be something else has none.

/// The known format of secret that a variable's value has, if any.
pub fn secret_format(name: &str, value: &str) -> Option<&'static str> {
    let value = value.trim();
    if value.is_empty() || is_reference(name, value) {
        return None;
    }
    FORMATS.iter().find(|(_, matches)| matches(name, value)).map(|(format, _)| *format)
}

/// Looks at a variable's name and value.
type Matches = fn(&str, &str) -> bool;

/// The most telling first.
const FORMATS: &[(&str, Matches)] = &[
    ("private-key", |_, value| value.contains("-----BEGIN ") && value.contains("PRIVATE KEY")),
    ("aws-access-key-id", |_, value| any_token(value, is_aws_access_key_id)),
    ("aws-session-token", |_, value| value.split(|c| !is_base64(c)).any(is_aws_session_token)),
    ("github-token", |_, value| any_token(value, is_github_token)),
    ("slack-token", |_, value| is_slack_hook(value) || any_token(value, is_slack_token)),
    ("stripe-key", |_, value| any_token(value, is_stripe_key)),
    ("google-api-key", |_, value| any_token(value, is_google_api_key)),
    ("npm-token", |_, value| any_token(value, is_npm_token)),
    ("jwt", |_, value| any_token(value, is_jwt)),
    ("url-with-password", |_, value| has_password(value)),
    ("aws-secret-access-key", is_aws_secret_access_key),
    ("generic-high-entropy", |name, value| names_a_secret(name) && is_random(value)),
];

/// A value that says where a secret is, or names something public, is none itself.
pub fn is_reference(name: &str, value: &str) -> bool {
    let starts = ["arn:aws", "{{resolve:", "/"];
    if starts.iter().any(|start| value.starts_with(start)) && !value.contains("-----BEGIN ") {
        return true;
    }
    if is_web_address(value) {
        return !has_password(value) && !is_slack_hook(value);
    }
    let name = name.to_ascii_uppercase();
    let points = ["_ARN", "_NAME", "_ID", "_PATH"].iter().any(|end| name.ends_with(end));
    points && !is_aws_access_key_id(value) && is_plain_name(value)
}

fn is_web_address(value: &str) -> bool {
    value.starts_with("http://") || value.starts_with("https://")
}

/// Secrets Manager's names: letters, digits and `/_+=.@-`. A token of those characters under such a name cannot be told
/// from one, but for the formats that start with their own prefix.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
fn is_plain_name(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte)) && !is_token(value)
}

/// A token with a prefix of its own.
pub fn is_token(value: &str) -> bool {
    is_github_token(value)
        || is_slack_token(value)
        || is_stripe_key(value)
        || is_jwt(value)
        || is_google_api_key(value)
        || is_npm_token(value)
}

/// A value can hold a token among other text: `Bearer …`, JSON, a connection string.
fn any_token(value: &str, is: fn(&str) -> bool) -> bool {
    value.split(|letter: char| !letter.is_ascii_alphanumeric() && !"_-.".contains(letter)).any(is)
}

/// <https://docs.cloud.google.com/docs/authentication/api-keys>
fn is_google_api_key(value: &str) -> bool {
    prefixed(value, "AIza", 35, |byte| is_word(byte) || byte == b'-')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The prefix and then exactly that many bytes of a kind.
fn prefixed(value: &str, prefix: &str, count: usize, kind: fn(u8) -> bool) -> bool {
    value.strip_prefix(prefix).is_some_and(|rest| rest.len() == count && rest.bytes().all(kind))
}

/// The prefix and then at least that many bytes of a kind.
fn prefixed_by_at_least(value: &str, prefix: &str, count: usize, kind: fn(u8) -> bool) -> bool {
    value.strip_prefix(prefix).is_some_and(|rest| rest.len() >= count && rest.bytes().all(kind))
}

/// AKIA is a user's key, ASIA a temporary one.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
fn is_aws_access_key_id(value: &str) -> bool {
    ["AKIA", "ASIA"]
        .iter()
        .any(|prefix| prefixed(value, prefix, 16, |byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte)))
}

/// 40 characters of base64 that look random, under a name that says so or beside letters of both cases and digits.
/// A SHA-1 in hexadecimal is as long, and has lower case letters only.
pub fn is_aws_secret_access_key(name: &str, value: &str) -> bool {
    let base64 = value.len() == 40 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+".contains(&byte));
    let name = name.to_ascii_uppercase();
    let named = name.contains("SECRET_ACCESS_KEY") || name.contains("SECRETACCESSKEY") || name.contains("AWS_SECRET");
    base64 && is_mixed(value) && (named || value.contains(['/', '+'])) && entropy(value) > 4.0
}

/// The token of temporary credentials: base64 of an AWS-internal structure that begins with the Region's or the issuer's name.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
pub fn is_aws_session_token(value: &str) -> bool {
    value.len() >= 100
        && ["IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz", "FQoDYXdz"].iter().any(|start| value.starts_with(start))
}

/// A character of base64.
pub fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/=".contains(c)
}

/// <https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/>
fn is_npm_token(value: &str) -> bool {
    prefixed(value, "npm_", 36, |byte| byte.is_ascii_alphanumeric())
}

/// <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>
fn is_github_token(value: &str) -> bool {
    ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]
        .iter()
        .any(|prefix| prefixed_by_at_least(value, prefix, 36, |byte| byte.is_ascii_alphanumeric()))
        || prefixed_by_at_least(value, "github_pat_", 60, is_word)
}

/// <https://docs.slack.dev/authentication/tokens>
fn is_slack_token(value: &str) -> bool {
    let token =
        |prefix: &&str| prefixed_by_at_least(value, prefix, 20, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xapp-"].iter().any(token)
}

/// Whoever knows the address of a webhook can post.
fn is_slack_hook(value: &str) -> bool {
    value.starts_with(SLACK_HOOK)
}

/// How the address of a webhook of Slack begins.
pub const SLACK_HOOK: &str = "https://hooks.slack.com/services/";

/// What no web address has.
pub fn ends_a_web_address(c: char) -> bool {
    c.is_whitespace() || "\"'<>|,`".contains(c)
}

/// Publishable keys (`pk_`) are public. <https://docs.stripe.com/keys>
fn is_stripe_key(value: &str) -> bool {
    ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"]
        .iter()
        .any(|prefix| prefixed_by_at_least(value, prefix, 16, is_word))
}

/// Three parts of base64url, of which the first two are JSON objects.
fn is_jwt(value: &str) -> bool {
    let mut parts = value.split('.');
    let base64url = |part: &str| part.bytes().all(|byte| is_word(byte) || byte == b'-');
    let object =
        |part: Option<&str>| part.is_some_and(|part| part.len() > 8 && part.starts_with("eyJ") && base64url(part));
    object(parts.next())
        && object(parts.next())
        && parts.next().is_some_and(|part| part.len() > 8 && base64url(part))
        && parts.next().is_none()
}

/// `scheme://user:password@host`.
fn has_password(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let password = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
    scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
        && password.is_some_and(is_known_password)
}

/// A password that says where the password is, is none.
pub fn is_known_password(password: &str) -> bool {
    !password.is_empty() && !password.starts_with("${") && !password.starts_with("{{")
}

const SECRET_NAMES: &[&str] = &[
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "TOKEN",
    "API_KEY",
    "APIKEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "CREDENTIAL",
    "SIGNING_KEY",
    "ENCRYPTION_KEY",
    "CLIENT_KEY",
    "AUTH_KEY",
];

/// Whether what goes by that name is meant to be secret.
pub fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase().replace('-', "_");
    SECRET_NAMES.iter().any(|part| name.contains(part)) || name.split('_').any(|part| part == "PWD" || part == "PASS")
}

/// Long enough, without blanks, and with more surprise than words or a UUID's dashes have.
pub fn is_random(value: &str) -> bool {
    value.len() >= 16
        && value.bytes().all(|byte| byte.is_ascii_graphic())
        && (is_mixed(value) && entropy(value) >= 3.5 || is_hex(value) && value.len() >= 32 && entropy(value) >= 3.0)
}

/// Letters and digits.
pub fn is_mixed(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_lowercase())
        && value.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn is_hex(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Bits of Shannon's entropy for each character.
pub fn entropy(value: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::<u8, f64>::new();
    for byte in value.bytes() {
        *counts.entry(byte).or_default() += 1.0;
    }
    let all: f64 = counts.values().sum();
    counts.values().map(|count| count / all).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
pub mod samples {
    /// Letters and digits as a token has them.
    pub const RANDOM: &str = "Zq7Lk2Vt9Xw4Rb6Nc1Md8Hf3Jg5Ps0Ty2Ua4";

    /// Assembled, so that no scanner of sources takes these for secrets.
    pub fn made(parts: &[&str]) -> String {
        parts.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::samples::made;
    use super::*;

    #[test]
    fn each_format_is_known() {
        let random40 = made(&["wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY"]);
        let letters = "Zq7Lk2Vt9Xw4Rb6Nc1Md8Hf3Jg5Ps0Ty2Ua4";
        for (name, value, format) in [
            ("KEY", made(&["AKIA", "IOSFODNN7EXAMPLE"]), "aws-access-key-id"),
            ("AWS_ACCESS_KEY_ID", made(&["ASIA", "IOSFODNN7EXAMPLE"]), "aws-access-key-id"),
            ("AWS_SECRET_ACCESS_KEY", random40.clone(), "aws-secret-access-key"),
            ("X", random40, "aws-secret-access-key"),
            ("GH", made(&["ghp_", letters]), "github-token"),
            ("HEADER", made(&["Authorization: Bearer ghp_", letters]), "github-token"),
            ("CONFIG", made(&["{\"id\": \"AKIA", "IOSFODNN7EXAMPLE\"}"]), "aws-access-key-id"),
            ("GH", made(&["github_pat_", letters, letters]), "github-token"),
            ("SLACK", made(&["xoxb-", "123456789012-", letters]), "slack-token"),
            ("HOOK", made(&["https://hooks.slack.com/", "services/T0/B0/", letters]), "slack-token"),
            ("PAY", made(&["sk_live_", letters]), "stripe-key"),
            ("PAY_ID", made(&["sk_live_", letters]), "stripe-key"),
            ("MAPS", made(&["AIza", "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"]), "google-api-key"),
            ("NPM", made(&["npm_", letters]), "npm-token"),
            ("STS", made(&["IQoJb3JpZ2luX2VjE", &letters.repeat(4)]), "aws-session-token"),
            ("PEM", made(&["-----BEGIN RSA ", "PRIVATE KEY-----\nMIIE\n"]), "private-key"),
            ("T", made(&["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0In0", ".dozjgNryP4J3jVmNHl0w5N"]), "jwt"),
            ("DATABASE_URL", made(&["postgres://app:", "hunter2@db.internal:5432/pay"]), "url-with-password"),
            ("SITE", made(&["https://user:", "hunter2@example.com/"]), "url-with-password"),
            ("DB_PASSWORD", made(&["kX9v", "Tq2LmZr8WbN4"]), "generic-high-entropy"),
            ("API_TOKEN", made(&["9f86d081884c7d65", "9a2feaa0c55ad015"]), "generic-high-entropy"),
        ] {
            assert_eq!(secret_format(name, &value), Some(format), "{name}");
        }
    }

    #[test]
    fn look_alikes_are_none() {
        for (name, value) in [
            ("SECRET", ""),
            ("SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:pay-Ab12Cd"),
            ("DB_PASSWORD", "{{resolve:secretsmanager:pay:SecretString:password}}"),
            ("DB_PASSWORD", "/prod/pay/DbPassword1"),
            ("DB_SECRET_NAME", "prod/Pay/Database1-Ab12Cd"),
            ("TOKEN_URL", "https://auth.example.com/oauth2/Token1?x=Ab12Cd34"),
            ("TOKEN_URL", "https://user@example.com/"),
            ("DATABASE_URL", "postgres://app@db.internal/pay"),
            ("DATABASE_URL", "postgres://app:${PASSWORD}@db.internal/pay"),
            ("GIT_SHA", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("BUILD", "Zq7Lk2Vt9Xw4Rb6Nc1"),
            ("TOKEN_TTL", "3600"),
            ("PASSWORD_POLICY", "at-least-twelve-characters"),
            ("API_KEY_HEADER", "X-Api-Key"),
            ("STRIPE_PUBLIC", "pk_live_Zq7Lk2Vt9Xw4Rb6Nc1"),
            ("KEY", "AKIAshort"),
            ("VERSION", "eyJ.eyJ.x"),
        ] {
            assert_eq!(secret_format(name, value), None, "{name}={value}");
        }
    }
}
