//! Policies of a test's own, which ask the library, or another policy.

use rectify::engine::BundleFiles;

/// Adds the policy `test-NAME`, which says this of roles.
pub fn add(files: &mut BundleFiles, name: &str, related: &str, says: &str) {
    let metadata = format!(
        "# METADATA
# title: What is asked
# description: For a test.
# custom:
#   id: test-{name}
#   severity: low
#   resource_types: [AWS::IAM::Role]
#   related: [{related}]
#   controls: {{}}
#   parameters: {{}}
package rectify.test.{name}
"
    );
    files.add(&format!("policies/test/{name}.rego"), &format!("{metadata}{says}"));
}
