//! Beginnings of policies and playbooks: files that load and pass as they are, to be changed.
#![expect(clippy::disallowed_methods, reason = "the command writes the files that it is asked for")]

use std::path::{Path, PathBuf};

use serde_json::json;

use super::ui::Ui;
use super::{CliError, Exit};
use crate::engine::Bundle;
use crate::model::TypeName;

/// Where a control's files stand.
struct Place {
    service: String,
    slug: String,
}

impl Place {
    /// From an id such as `lambda-owner-tag` and a type: the service is the type's, the slug what follows it in the id.
    fn of(id: &str, type_name: &str) -> Result<Self, CliError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || !id.chars().all(fits) || !id.starts_with(|c: char| c.is_ascii_lowercase()) {
            let error = CliError::user(format!("`{id}` is no id"));
            return Err(error.help("an id is of small letters, digits and hyphens, such as lambda-owner-tag"));
        }
        let service = type_name.split("::").nth(1).unwrap_or("custom").to_lowercase();
        let slug = id.strip_prefix(&format!("{service}-")).unwrap_or(id).replace('-', "_");
        Ok(Self { service, slug })
    }
}

/// Writes a policy with its unit tests.
pub fn policy(id: &str, type_name: &str, folder: &Path, bundle: &Bundle, ui: &Ui) -> Result<Exit, CliError> {
    if bundle.policies.find(id).is_some() {
        return Err(CliError::user(format!("there is a policy `{id}` already")));
    }
    let Place { service, slug } = Place::of(id, type_name)?;
    let base = folder.join("policies").join(&service);
    let policy = format!(
        r#"# METADATA
# title: What must hold, in one line
# description: Why it matters, in two sentences.
# related_resources:
#   - ref: https://docs.aws.amazon.com/
# custom:
#   id: {id}
#   severity: low
#   resource_types: [{type_name}]
#   related: []
#   controls: {{}}
#   parameters:
#     tag: {{type: string, default: owner, description: the tag that every resource has}}
package rectify.{service}.{slug}

violation contains {{"msg": msg, "path": "/Tags", "params": {{"tag": input.parameters.tag}}}} if {{
	not input.tags[input.parameters.tag]
	msg := sprintf("The tag %s is missing.", [input.parameters.tag])
}}
"#
    );
    let test = format!(
        r#"package rectify.{service}.{slug}_test

import data.rectify.{service}.{slug}

test_violating if {{
	found := {slug}.violation with input as {{"tags": {{}}, "parameters": {{"tag": "owner"}}}}
	found == {{{{"msg": "The tag owner is missing.", "path": "/Tags", "params": {{"tag": "owner"}}}}}}
}}

test_clean if {{
	count({slug}.violation) == 0 with input as {{"tags": {{"owner": "shop"}}, "parameters": {{"tag": "owner"}}}}
}}
"#
    );
    let files = [(base.join(format!("{slug}.rego")), policy), (base.join(format!("{slug}_test.rego")), test)];
    write(&files, folder, ui)
}

/// Writes a playbook for a policy: instructions first, which a person can follow until there are steps.
pub fn playbook(id: &str, fixes: &str, folder: &Path, bundle: &Bundle, ui: &Ui) -> Result<Exit, CliError> {
    if bundle.playbooks.contains_key(id) {
        return Err(CliError::user(format!("there is a playbook `{id}` already")));
    }
    let known = || bundle.policies.all().map(|policy| policy.id().as_str());
    let policy = bundle.policies.find(fixes).ok_or_else(|| super::selection::unknown("policy", fixes, known()))?;
    let types: Vec<&str> = policy.metadata.custom.resource_types.iter().map(TypeName::as_str).collect();
    let Place { service, slug } = Place::of(id, types.first().copied().unwrap_or_default())?;
    let text = format!(
        r#"playbook: {id}
description: What it changes, in one sentence.
fixes: [{fixes}]
resource_types: [{types}]
safety: manual
instructions: |
  What a person has to do.

# With steps in place of the instructions, and `safety: safe` or `safety: review`, rectify does it:
#
# steps:
#   - patch:
#       set: {{/Description: "${{resource.id}}"}}
# cases:
#   - name: what the case shows
#     before: {{}}
#     after: {{Description: case}}
#
# `rectify playbooks verbs` lists what a patch can do; `rectify test` runs the cases.
"#,
        types = types.join(", ")
    );
    write(&[(folder.join("playbooks").join(service).join(format!("{slug}.yaml")), text)], folder, ui)
}

/// Writes the files, or none where one of them is there already.
fn write(files: &[(PathBuf, String)], folder: &Path, ui: &Ui) -> Result<Exit, CliError> {
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(CliError::user(format!("{} is there already", path.display())).help("nothing was written"));
    }
    for (path, text) in files {
        let failed = |error: std::io::Error| CliError::config(format!("{}: {error}", path.display()));
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(path, text).map_err(failed)?;
    }
    let paths: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
    let next = format!("rectify test --bundle {}", folder.display());
    ui.result(|| format!("{}\nNext: {next}\n", paths.join("\n")), || json!({"files": paths, "next": next}))?;
    Ok(Exit::Done)
}
