//! Names of keys, in the forms in which other services keep them.

use super::trails::named_key;

/// The id of the key that a setting names by its id or ARN; none where it names an alias.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>
pub fn key_in(text: &str) -> Option<String> {
    named_key(text).or_else(|| (!text.contains(['/', ':', '$'])).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_id_or_arn() {
        for (text, key) in [
            ("1234abcd-12ab-34cd-56ef-1234567890ab", Some("1234abcd-12ab-34cd-56ef-1234567890ab")),
            ("arn:aws:kms:eu-west-1:111122223333:key/k1", Some("k1")),
            ("alias/shop", None),
            ("arn:aws:kms:eu-west-1:111122223333:alias/shop", None),
            ("${rectify:a1.arn}", None),
        ] {
            assert_eq!(key_in(text).as_deref(), key, "{text}");
        }
    }
}
