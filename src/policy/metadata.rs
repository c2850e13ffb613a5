//! The `# METADATA` comment of a policy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::parameter::Parameter;
use crate::model::{PolicyId, Severity, TypeName};
use crate::text::{Diagnostic, Source, yaml};

/// What a policy says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// What must hold, one line.
    pub title: String,
    /// Why it matters.
    pub description: String,
    /// Where to read on.
    #[serde(default)]
    pub related_resources: Vec<Reference>,
    /// What rectify adds to OPA's annotations.
    pub custom: Custom,
}

/// A page to read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Its address.
    #[serde(rename = "ref")]
    pub address: String,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What rectify adds to OPA's annotations.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// The policy's name, never reused.
    pub id: PolicyId,
    /// How bad a violation is.
    pub severity: Severity,
    /// The types that it judges.
    pub resource_types: Vec<TypeName>,
    /// The relations that it reads.
    #[serde(default)]
    pub related: Vec<String>,
    /// The controls of frameworks that it covers, by framework.
    #[serde(default)]
    pub controls: BTreeMap<Framework, Vec<String>>,
    /// Values that the user may set.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
    /// Whether it is used where nobody selects it.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// A framework of controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framework {
    /// AWS Foundational Security Best Practices (Security Hub).
    Fsbp,
    /// CIS AWS Foundations Benchmark.
    CisAws,
    /// NIST SP 800-53 Revision 5.
    #[serde(rename = "nist_800_53")]
    Nist80053,
    /// PCI DSS 4.
    PciDss,
    /// OWASP Serverless Top 10.
    OwaspServerless,
}

impl Framework {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Fsbp, Self::CisAws, Self::Nist80053, Self::PciDss, Self::OwaspServerless];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fsbp => "fsbp",
            Self::CisAws => "cis_aws",
            Self::Nist80053 => "nist_800_53",
            Self::PciDss => "pci_dss",
            Self::OwaspServerless => "owasp_serverless",
        }
    }

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Fsbp => "AWS Foundational Security Best Practices",
            Self::CisAws => "CIS AWS Foundations Benchmark",
            Self::Nist80053 => "NIST SP 800-53 Revision 5",
            Self::PciDss => "PCI DSS 4",
            Self::OwaspServerless => "OWASP Serverless Top 10",
        }
    }
}

impl Metadata {
    /// Reads the `# METADATA` comment; none where the text has none.
    pub fn read(source: &Source) -> Result<Option<Self>, Diagnostic> {
        let marker = |line: &str| line.strip_prefix('#').is_some_and(|rest| rest.trim() == "METADATA");
        let Some(first) = source.text.lines().position(marker) else { return Ok(None) };
        // The comment's YAML stands in its own lines, so that its places are the file's.
        let mut text = "\n".repeat(first + 1);
        for line in source.text.lines().skip(first + 1).map_while(|line| line.strip_prefix('#')) {
            text.push(' ');
            text.push_str(line);
            text.push('\n');
        }
        let comment = Source { name: source.name.clone(), text: text.into() };
        let metadata: Self = yaml::parse(&comment).map_err(|told| Diagnostic {
            excerpt: told.place.and_then(|(line, _)| source.text.lines().nth(line - 1)).map(str::to_owned),
            ..told
        })?;
        for (name, parameter) in &metadata.custom.parameters {
            if let Some(wanted) = parameter.default.as_ref().and_then(|value| parameter.refusal(value)) {
                return Err(source.complain_at(name, format!("the default of parameter `{name}` has to be {wanted}")));
            }
        }
        Ok(Some(metadata))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: a-b\n#   severity: high\n#   resource_types: [AWS::X::Y]\npackage rectify.a.b\n";

    #[test]
    fn it_reads_what_the_comment_says() {
        let metadata = Metadata::read(&Source::new("a.rego", GOOD)).unwrap().unwrap();
        assert_eq!((metadata.custom.id.as_str(), metadata.custom.severity), ("a-b", Severity::High));
        assert!(Metadata::read(&Source::new("a.rego", "package a\n")).unwrap().is_none());
    }

    #[test]
    fn a_mistake_is_told_at_its_place_in_the_file() {
        let told =
            Metadata::read(&Source::new("a.rego", GOOD.replace("severity: high", "severity: hihg"))).unwrap_err();
        assert_eq!(
            told.to_string(),
            "a.rego:6:15: custom.severity: unknown variant `hihg`, expected one of `low`, `medium`, `high`, `critical`\n  |\n6 | #   severity: hihg\n  |               ^\nhelp: did you mean `high`?"
        );
    }
}
