//! The secrets that are planted.

use sha2::{Digest, Sha256};

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    /// Its kind.
    pub kind: &'static str,
    /// Where it is planted.
    pub place: String,
    /// What is planted there.
    pub text: String,
    /// What of that must get nowhere.
    pub secret: String,
}

/// Makes the text and the secret in it from random letters and digits.
type Make = fn(&Random) -> (String, String);

/// The kinds. Put together, so that no scanner of sources takes them for secrets.
const KINDS: [(&str, Make); 12] = [
    ("aws-secret-access-key", |random| {
        let letters = random.of(35);
        whole(format!("wJ1{}/{}+{}", &letters[..10], &letters[10..22], &letters[22..]))
    }),
    ("aws-session-token", |random| whole(format!("IQoJb3JpZ2lu{}==", random.of(150)))),
    ("github-token", |random| whole(format!("gh{}_{}", "p", random.of(36)))),
    ("slack-token", |random| whole(format!("xox{}-123456789012-{}", "b", random.of(24)))),
    ("slack-webhook", |random| whole(format!("https://hooks.slack.com/{}/T0/B0/{}", "services", random.of(24)))),
    ("stripe-key", |random| whole(format!("sk_{}_{}", "live", random.of(24)))),
    ("google-api-key", |random| whole(format!("AI{}{}", "za", random.of(35)))),
    ("private-key", |random| {
        whole(format!("-----BEGIN {0}-----\n{1}\n-----END {0}-----", ["RSA PRIVATE", "KEY"].join(" "), random.of(64)))
    }),
    ("jwt", |random| whole(format!("eyJhbGciOiJIUzI1NiJ9.eyJ{}.{}", random.of(20), random.of(43)))),
    ("database-url", |random| {
        within(&random.of(14), |password| format!("postgres://app:{password}@db.internal:5432/pay"))
    }),
    ("basic-auth-url", |random| within(&random.of(14), |password| format!("https://user:{password}@api.internal/v1"))),
    ("npm-token", |random| whole(format!("npm{}{}", "_", random.of(36)))),
];

/// Letters and digits that follow from a text.
struct Random(String);

impl Random {
    fn of(&self, count: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let block = |number: usize| Sha256::digest(format!("{} {count} {number}", self.0));
        let letters = (0..).flat_map(block).map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
        // Of each sort of letters at least one.
        "a1B2".chars().chain(letters).take(count).collect()
    }
}

fn whole(text: String) -> (String, String) {
    (text.clone(), text)
}

fn within(password: &str, text: impl Fn(&str) -> String) -> (String, String) {
    (text(password), password.to_owned())
}

/// One of each kind for a place; no two places have the same.
pub fn canaries(place: &str) -> Vec<Canary> {
    let make = |(kind, make): (&'static str, Make)| {
        let (text, secret) = make(&Random(format!("{kind} {place}")));
        Canary { kind, place: place.to_owned(), text, secret }
    };
    KINDS.into_iter().map(make).collect()
}

/// What may be anything: it is a secret by the name that it goes by, or by where it stands.
pub fn by_name(place: &str) -> Canary {
    let secret = Random(format!("by name {place}")).of(24);
    Canary { kind: "by-name", place: place.to_owned(), text: secret.clone(), secret }
}

impl Canary {
    /// What a leak of it looks like: the secret, and how JSON and a URL write it.
    pub fn looks(&self) -> Vec<String> {
        let json = serde_json::to_string(&self.secret).unwrap();
        let url = self.secret.replace('\n', "%0A").replace('/', "%2F").replace('+', "%2B").replace(' ', "%20");
        let mut looks = vec![self.secret.clone(), json.trim_matches('"').to_owned(), url];
        // A key of many lines is recognized by the line that is its content.
        looks.extend(
            self.secret
                .lines()
                .filter(|line| self.secret.contains('\n') && !line.starts_with("---"))
                .map(str::to_owned),
        );
        looks.sort();
        looks.dedup();
        looks
    }

    /// Whether a text has it.
    pub fn is_in(&self, text: &str) -> bool {
        self.looks().iter().any(|look| text.contains(look.as_str()))
    }
}

/// Fails with what was found where: the canary, and the name of the text.
#[track_caller]
pub fn none_is_in<'a>(canaries: &[Canary], texts: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let mut found = Vec::new();
    for (name, text) in texts {
        let leaks = canaries.iter().filter(|canary| canary.is_in(text));
        found.extend(leaks.map(|canary| format!("{} of {} in {name}", canary.kind, canary.place)));
    }
    assert!(found.is_empty(), "{} leaks:\n{}", found.len(), found.join("\n"));
}

/// The fingerprints in a text.
pub fn fingerprints(text: &str) -> std::collections::BTreeSet<String> {
    rectify::model::fingerprints(text).into_iter().map(|range| text[range].to_owned()).collect()
}
