//! Signatures of KMS keys, verified with the public key alone: without rights, without the network, and on any machine.

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer};
use webpki::RawPublicKeyEntity;
use webpki::ring::{ECDSA_P256_SHA256, ECDSA_P384_SHA384, RSA_PSS_2048_8192_SHA256_LEGACY_KEY};

use crate::model::SigningAlgorithm;

/// A public key, as `kms:GetPublicKey` gives it (X.509's SubjectPublicKeyInfo) and a PEM file holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(SubjectPublicKeyInfoDer<'static>);

impl PublicKey {
    /// The key of a PEM file.
    pub fn from_pem(text: &str) -> Result<Self, String> {
        let wrong = |why: String| format!("it holds no public key as PEM (`-----BEGIN PUBLIC KEY-----`): {why}");
        let key = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        RawPublicKeyEntity::try_from(&key).map_err(|error| wrong(error.to_string()))?;
        Ok(Self(key))
    }

    /// Whether it has signed a message: the message itself, of which a KMS key signs the digest.
    pub fn has_signed(&self, algorithm: SigningAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &dyn SignatureVerificationAlgorithm = match algorithm {
            SigningAlgorithm::EcdsaSha256 => ECDSA_P256_SHA256,
            SigningAlgorithm::EcdsaSha384 => ECDSA_P384_SHA384,
            // "Legacy" is a key that may be used for more than PSS, as KMS's are.
            SigningAlgorithm::RsassaPssSha256 => RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        };
        let key = RawPublicKeyEntity::try_from(&self.0);
        key.is_ok_and(|key| key.verify_signature(algorithm, message, signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;

    // Made by OpenSSL, as KMS makes them: RSASSA-PSS with a salt as long as the digest
    // (<https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html>).
    const MESSAGE: &[u8] = b"what is approved";
    const P256: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIL6yK0905DsRUzBz4KKflkeoTMea\n\
WpMuSYJLK0Xjyi4zxjYlEFGnibjUU5ZgNUfzpXLdSszDww4XNACLlofP5w==\n\
-----END PUBLIC KEY-----";
    const P256_SIGNATURE: &str = "\
        MEQCIDM1cr4IigvW6td8V3pcNr3pyRlZDO1q8AQ2ubpIV3j8AiAg26HCRJQeM8cmIbxULPocu9J+OVAipOnbgy7/FK5DvA==";
    const P384: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAERxx1lCI46CRcZB5BoDaQP+wcKWbFKVfC\n\
6AXaKMyJKV7/xdytoTo+8LC5jM+MBzEzyKMCdQzt6t8NFYfxvTU3uCBtdtJHhXgZ\n\
/stgsOtJX2z9pfhdSAIM2eAC9uVKVGNQ\n\
-----END PUBLIC KEY-----";
    const P384_SIGNATURE: &str = "\
        MGQCMAp8TrJgEnieXiBfknD/giqXm34/cw0FxXvZDoPMO1rPaXwpJl1dTHKEFsi5UjXQfgIwShltFJ3eYJptDTK+LY/rLmZhKooe\
        dap1CTDgguXb7uhOg9Pmks8n5CGiCt+QBJCk";
    const RSA: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA36SIoeuPXWEfbOqysOdb\n\
ZjHaUZVpcNPXF1L5n5WDqTfcFwzv2tvXgiBY25hxbQfpW3sil4xmtMpXaeyOUEjJ\n\
szGTDfDbf/mUXxZpfGFfXnMalOHCKEfUp5D4460e8gdIs37BtV8pAZ1nYLnfvYmo\n\
2Ohxvo9BlP1P+3sENhigGhfgVxRxhFyu14pONFUuAeegGz0apcQ2pcczGSYGKSZe\n\
B/xctIy4Vfn4hVAby7/qkMGmBLmcBDYY/N457wnyslkILib1sXRy3DdhwWJfRBKZ\n\
s6GYW5985qJx9uH1NPUUxfhe7O6HcRjnZ0IclqQKTynOrTfxeKS60I0gFuv8HSMX\n\
mQIDAQAB\n\
-----END PUBLIC KEY-----";
    const RSA_SIGNATURE: &str = "\
        1TLWCel5yvFXMz06pfz/QlQU4o4agbiNyfVy/YNeUEwMEkRk/2pcIkoknIKqZNkn5Pemml378fmy0RaQh50XtQrA7DTKp5AfloIa\
        PrVhbjnnDziOOzu4VupX4KrmZqFHpEQGGT/Mt4B9VBZ4+w5rWAAF5H6a0dojLLRdsM+2QN9wE8N3UzHvj1HW2HAvvDSu24nf7034\
        XpjjBMK8dVfJozyDaIJ8BRd48cWAGBEh4R8iwShpet8108xgZN9skFcMAaGwhogVbW1t8w8g3oVnyetIOQWFH7jY1Dp+DLhWIpn2\
        33uSWfsuk5UIselJGCRL9QMWQW7EaRXsV/sFS88q9g==";

    fn cases() -> [(SigningAlgorithm, PublicKey, Vec<u8>); 3] {
        let case = |algorithm, pem, signature: &str| {
            (algorithm, PublicKey::from_pem(pem).unwrap(), BASE64.decode(signature.as_bytes()).unwrap())
        };
        [
            case(SigningAlgorithm::EcdsaSha256, P256, P256_SIGNATURE),
            case(SigningAlgorithm::EcdsaSha384, P384, P384_SIGNATURE),
            case(SigningAlgorithm::RsassaPssSha256, RSA, RSA_SIGNATURE),
        ]
    }

    #[test]
    fn a_signature_is_of_one_key_one_algorithm_and_one_message() {
        let cases = cases();
        for (algorithm, key, signature) in &cases {
            assert!(key.has_signed(*algorithm, MESSAGE, signature), "{algorithm:?}");
            assert!(!key.has_signed(*algorithm, b"what is not approved", signature), "{algorithm:?}");
            assert!(!key.has_signed(*algorithm, MESSAGE, &[]), "{algorithm:?}");
            let mut edited = signature.clone();
            *edited.last_mut().unwrap() ^= 1;
            assert!(!key.has_signed(*algorithm, MESSAGE, &edited), "{algorithm:?}");
            for (other, another, _) in cases.iter().filter(|(other, ..)| other != algorithm) {
                assert!(!another.has_signed(*algorithm, MESSAGE, signature), "{algorithm:?} by the key of {other:?}");
                assert!(!key.has_signed(*other, MESSAGE, signature), "{algorithm:?} as {other:?}");
            }
        }
    }

    #[test]
    fn what_is_no_public_key_is_told() {
        let wrong = "it holds no public key as PEM (`-----BEGIN PUBLIC KEY-----`): ";
        for text in
            ["", "a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", &P256.replace("MFkw", "MFkx")]
        {
            let told = PublicKey::from_pem(text).unwrap_err();
            assert!(told.starts_with(wrong), "{text}: {told}");
        }
    }
}
