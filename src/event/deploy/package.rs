//! The function's package: the same files are the same bytes.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::text::quoted;

/// What Lambda takes at most, unpacked, in bytes
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
const LARGEST: u64 = 250 << 20;
/// The name under which the runtime looks for the binary.
pub const BOOTSTRAP: &str = "bootstrap";

/// A processor that Lambda runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Architecture {
    /// The cheaper one.
    #[default]
    Arm64,
    /// The other.
    X86,
}

impl Architecture {
    /// As Lambda spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86_64",
        }
    }
}

/// A file of the package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedFile {
    /// Its path, with `/`.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The binary would not run on Lambda.
    #[error("the binary is none for Linux on arm64 or x86-64, so Lambda cannot run it")]
    Foreign,
    /// It is too large.
    #[error("the package has {0} bytes unpacked, and Lambda takes {LARGEST}")]
    Large(u64),
    /// A path in it would lead somewhere else when it is unpacked.
    #[error("`{0}` is no path within the package")]
    Path(String),
    /// It could not be written.
    #[error("the package cannot be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// It could not be written.
    #[error("the package cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

/// What a binary was built for; none for a script, which runs on both.
///
/// # Errors
/// It is neither a script nor an ELF file of one of the two.
pub fn architecture(binary: &[u8]) -> Result<Option<Architecture>, PackageError> {
    // The magic, 64 bits, little endian; `e_machine` stands at 18 (https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html).
    match (binary.get(..6), binary.get(18..20)) {
        _ if binary.starts_with(b"#!") => Ok(None),
        (Some(b"\x7fELF\x02\x01"), Some([183, 0])) => Ok(Some(Architecture::Arm64)),
        (Some(b"\x7fELF\x02\x01"), Some([62, 0])) => Ok(Some(Architecture::X86)),
        _ => Err(PackageError::Foreign),
    }
}

/// Packs a binary with other files: a zip whose bytes depend on theirs alone.
pub fn package(binary: &[u8], mut files: Vec<PackedFile>) -> Result<Vec<u8>, PackageError> {
    let size = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let whole = size(binary) + files.iter().map(|file| size(&file.bytes)).sum::<u64>();
    if whole > LARGEST {
        return Err(PackageError::Large(whole));
    }
    let within = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
    if let Some(file) = files.iter().find(|file| !file.path.split('/').all(within)) {
        return Err(PackageError::Path(quoted(&file.path).into_owned()));
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::DEFAULT);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(BOOTSTRAP, options.unix_permissions(0o755))?;
    zip.write_all(binary)?;
    for file in &files {
        zip.start_file(file.path.as_str(), options.unix_permissions(0o644))?;
        zip.write_all(&file.bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
