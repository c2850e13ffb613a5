//! Where rectify keeps what outlives a process: the journal and the fingerprint key.
#![expect(
    clippy::disallowed_methods,
    reason = "the command line reads the environment and the folder of rectify's own"
)]

use std::path::PathBuf;

use super::CliError;
use crate::cloud::{FingerprintKey, snapshot_file};
use crate::journal::private;
use crate::model::LOCAL_USER;

/// `$RECTIFY_HOME`, or `rectify` in the user's state folder.
pub fn home() -> Result<PathBuf, CliError> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("RECTIFY_HOME")
        .or_else(|| named("XDG_STATE_HOME").map(|state| state.join("rectify")))
        .or_else(|| named("HOME").map(|home| home.join(".local/state/rectify")))
        .ok_or_else(|| CliError::config("there is no place for the journal").help("set RECTIFY_HOME to a folder"))
}

/// Who is at work where there is no AWS to say so: what the environment says.
pub fn user() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let name = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(named);
    format!("{LOCAL_USER}{}", name.as_deref().unwrap_or("without a name"))
}

/// The key of fingerprints: `RECTIFY_FINGERPRINT_KEY` (64 hexadecimal digits, or `kms:` and a KMS key for HMAC_256), or one
/// that is made at the first use and kept, readable by its owner only.
pub async fn fingerprint_key() -> Result<FingerprintKey, CliError> {
    if let Ok(text) = std::env::var("RECTIFY_FINGERPRINT_KEY") {
        if let Some(key) = text.strip_prefix("kms:") {
            return Ok(crate::cloud::aws::fingerprint_key(key).await?);
        }
        let help =
            "it is 64 hexadecimal digits, such as `openssl rand -hex 32` prints, or `kms:` and the ARN of a KMS key";
        let bytes = parse(&text).ok_or_else(|| CliError::config("RECTIFY_FINGERPRINT_KEY is not a key").help(help))?;
        return Ok(FingerprintKey::new(bytes));
    }
    let folder = home()?;
    let path = folder.join("fingerprint.key");
    let failed = |error: std::io::Error| CliError::config(format!("{}: {error}", path.display()));
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).map_err(|error| CliError::internal(error.to_string()))?;
            let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            private::folder(&folder).map_err(failed)?;
            // Of two processes that make one at once, both have the first.
            match snapshot_file::create(&path, text.as_bytes()).map_err(failed)? {
                true => text,
                false => std::fs::read_to_string(&path).map_err(failed)?,
            }
        }
        read => read.map_err(failed)?,
    };
    let help = "delete it, and a new one is made; plans made with the old one are then refused";
    let bytes = parse(text.trim());
    Ok(FingerprintKey::new(
        bytes.ok_or_else(|| CliError::config(format!("{} is not a fingerprint key", path.display())).help(help))?,
    ))
}

fn parse(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}
