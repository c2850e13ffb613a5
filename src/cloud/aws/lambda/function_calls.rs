//! The calls between two documents of a function.

use serde_json::{Value, json};

use super::rights::WRITES;
use crate::cloud::aws::fields::{Field, Unset, changed, field, only_fields};
use crate::cloud::aws::tags;
use crate::model::{Call, Impossible, Resource};

/// What UpdateFunctionConfiguration writes. An absent member leaves the setting as it is; what is sent to take a
/// setting away is what AWS documents or CloudFormation sends. Lambda always has a value for the settings that cannot
/// be unset, so no document of a real function lacks them.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html>
pub const UPDATE: &[Field] = &[
    field("Runtime", "Runtime", Unset::Impossible),
    field("Role", "Role", Unset::Impossible),
    field("Handler", "Handler", Unset::Impossible),
    field("Description", "Description", Unset::EmptyText),
    field("Timeout", "Timeout", Unset::Impossible),
    field("MemorySize", "MemorySize", Unset::Impossible),
    field("Environment", "Environment", Unset::Json(r#"{"Variables": {}}"#)),
    field("KmsKeyArn", "KMSKeyArn", Unset::EmptyText),
    field("TracingConfig", "TracingConfig", Unset::Impossible),
    field("DeadLetterConfig", "DeadLetterConfig", Unset::Json(r#"{"TargetArn": ""}"#)),
    field("VpcConfig", "VpcConfig", Unset::Json(r#"{"SecurityGroupIds": [], "SubnetIds": []}"#)),
    field("Layers", "Layers", Unset::Json("[]")),
    field("EphemeralStorage", "EphemeralStorage", Unset::Impossible),
    field("LoggingConfig", "LoggingConfig", Unset::Impossible),
    field("SnapStart", "SnapStart", Unset::Impossible),
    field("FileSystemConfigs", "FileSystemConfigs", Unset::Json("[]")),
    field("ImageConfig", "ImageConfig", Unset::Json("{}")),
];

/// What has calls of its own.
const APART: &[&str] =
    &["ReservedConcurrentExecutions", "RecursiveLoop", "RuntimeManagementConfig", "CodeSigningConfigArn", "Tags"];

/// The calls between two documents of a function.
pub fn changes(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    if before.property("/Environment") != after.property("/Environment") {
        writable_environment(before, after)?;
    }
    only_fields(UPDATE, APART, before, after)?;
    let name = &before.id;
    let mut calls = apart(before, after)?;
    let mut input = changed(UPDATE, before, after)?;
    if !input.is_empty() {
        // Lambda keeps the members of VpcConfig that an update does not name, and documents leave out the default.
        if let Some(Value::Object(vpc)) = input.get_mut("VpcConfig")
            && before.property("/VpcConfig/Ipv6AllowedForDualStack").is_some()
            && !vpc.contains_key("Ipv6AllowedForDualStack")
            && after.property("/VpcConfig").is_some()
        {
            vpc.insert("Ipv6AllowedForDualStack".into(), false.into());
        }
        input.insert("FunctionName".into(), name.as_str().into());
        input.insert("RevisionId".into(), "${rectify:current.RevisionId}".into());
        // The last one: while it is under way Lambda refuses the others with a ResourceConflictException.
        let call = Call::new("lambda", "UpdateFunctionConfiguration", Value::Object(input));
        calls.push(call.and_permissions(permissions(before, after)));
    }
    Ok(calls)
}

/// Lambda takes the whole environment or nothing of it. The values that stay are in the documents as fingerprints, and what these
/// stand for has to be read again when the call is sent.
fn writable_environment(before: &Resource, after: &Resource) -> Result<(), Impossible> {
    if before.fact("/EnvironmentError").is_some() {
        return Err(Impossible("the values of the environment cannot be read, and none of them may be lost".into()));
    }
    for (name, value) in after.property("/Environment/Variables").and_then(Value::as_object).into_iter().flatten() {
        match value.as_str() {
            Some(text) if text.contains("${rectify:") => {
                return Err(Impossible(format!("the value of {name} in the environment is known only after apply")));
            }
            Some(_) => {}
            None => return Err(Impossible(format!("the value of {name} in the environment is no text"))),
        }
    }
    Ok(())
}

/// What UpdateFunctionConfiguration takes for what it sets.
fn permissions<'a>(before: &'a Resource, after: &'a Resource) -> impl Iterator<Item = &'static str> + 'a {
    let sets = |name: &&str| {
        let pointer = format!("/{name}");
        let written = UPDATE.iter().any(|field| field.property == *name);
        written && after.property(&pointer).is_some() && before.property(&pointer) != after.property(&pointer)
    };
    let own_key = after.property("/KmsKeyArn").is_some();
    let writes = WRITES.iter().filter(move |write| write.properties.iter().any(sets));
    // An environment takes rights on a key only where it has one of its own.
    let needed = move |action: &&str| own_key || !action.starts_with("kms:");
    writes.flat_map(|write| write.rights).map(|right| right.action).filter(needed)
}

/// The settings that have calls of their own.
fn apart(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    let name = &before.id;
    let on_tags = |operation, input| Call::new("lambda", operation, input);
    let mut calls = tags::difference(before, after)?.calls(
        |tags| on_tags("TagResource", json!({"Resource": before.arn, "Tags": tags})),
        |keys| on_tags("UntagResource", json!({"Resource": before.arn, "TagKeys": keys})),
    );
    let mut call = |operation: &str, input: Value| calls.push(Call::new("lambda", operation, input));
    let difference = |pointer: &str| {
        let (old, new) = (before.property(pointer), after.property(pointer));
        (old != new).then_some(new)
    };
    match difference("/ReservedConcurrentExecutions") {
        Some(Some(limit)) => {
            call("PutFunctionConcurrency", json!({"FunctionName": name, "ReservedConcurrentExecutions": limit}));
        }
        Some(None) => call("DeleteFunctionConcurrency", json!({"FunctionName": name})),
        None => {}
    }
    match difference("/RecursiveLoop") {
        Some(Some(mode)) => call("PutFunctionRecursionConfig", json!({"FunctionName": name, "RecursiveLoop": mode})),
        Some(None) => return Err(Impossible("the service has no call that unsets RecursiveLoop".into())),
        None => {}
    }
    match difference("/CodeSigningConfigArn") {
        Some(Some(arn)) => {
            call("PutFunctionCodeSigningConfig", json!({"FunctionName": name, "CodeSigningConfigArn": arn}));
        }
        Some(None) => call("DeleteFunctionCodeSigningConfig", json!({"FunctionName": name})),
        None => {}
    }
    match difference("/RuntimeManagementConfig") {
        Some(Some(Value::Object(config))) => {
            let mut input = config.clone();
            input.insert("FunctionName".into(), name.as_str().into());
            call("PutRuntimeManagementConfig", Value::Object(input));
        }
        Some(_) => return Err(Impossible("the service has no call that unsets RuntimeManagementConfig".into())),
        None => {}
    }
    Ok(calls)
}

#[cfg(test)]
mod tests {
    use super::super::Function;
    use super::*;
    use crate::cloud::aws::testing::{document, leads, run, world};
    use crate::model::{ResourceType, Settled};

    const ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:pay";

    fn before() -> Resource {
        let properties = json!({
            "FunctionName": "pay", "Runtime": "python3.9", "Role": "arn:aws:iam::111122223333:role/service/pay",
            "Handler": "app.handler", "Timeout": 3, "MemorySize": 128, "TracingConfig": {"Mode": "PassThrough"},
            "Environment": {"Variables": {"TOKEN": "hmac-sha256:0123456789abcdef"}},
            "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:eu-west-1:111122223333:dead"},
            "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "Ipv6AllowedForDualStack": true},
            "Layers": ["arn:aws:lambda:eu-west-1:111122223333:layer:base:1"], "RecursiveLoop": "Allow",
            "RuntimeManagementConfig": {"UpdateRuntimeOn": "Auto"}, "Tags": [{"Key": "team", "Value": "pay"}],
        });
        document(&Function, "pay", ARN, properties, json!({"RevisionId": "r1"}))
    }

    fn with(before: &Resource, changes: Value) -> Resource {
        let mut properties = before.properties.clone();
        json_patch::merge(&mut properties, &changes);
        before.with_properties(properties)
    }

    #[test]
    fn several_settings_are_one_update_with_the_current_revision() {
        let before = before();
        let after = with(
            &before,
            json!({"Runtime": "python3.13", "KmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/k",
                "TracingConfig": {"Mode": "Active"}, "DeadLetterConfig": null, "Layers": null, "Description": "d"}),
        );
        assert_eq!(
            leads(&Function, &before, &after).unwrap(),
            vec![
                Call::new(
                    "lambda",
                    "UpdateFunctionConfiguration",
                    json!({"FunctionName": "pay", "Runtime": "python3.13", "Description": "d",
                    "KMSKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/k", "TracingConfig": {"Mode": "Active"},
                    "DeadLetterConfig": {"TargetArn": ""}, "Layers": [],
                    "RevisionId": "${rectify:current.RevisionId}"}),
                )
                .and_permissions(["kms:CreateGrant", "kms:Encrypt"])
            ]
        );
        let back = leads(&Function, &after, &before).unwrap();
        assert_eq!(back[0].input["KMSKeyArn"], "");
    }

    #[test]
    fn a_function_leaves_its_vpc_and_comes_back() {
        let before = before();
        let outside = with(&before, json!({"VpcConfig": null}));
        let calls = leads(&Function, &before, &outside).unwrap();
        assert_eq!(calls[0].input["VpcConfig"], json!({"SubnetIds": [], "SecurityGroupIds": []}));
        leads(&Function, &outside, &before).unwrap();
        let moved = with(&before, json!({"VpcConfig": {"SubnetIds": ["subnet-2"], "Ipv6AllowedForDualStack": null}}));
        let calls = leads(&Function, &before, &moved).unwrap();
        assert_eq!(calls[0].input["VpcConfig"]["Ipv6AllowedForDualStack"], false);
    }

    #[test]
    fn settings_with_calls_of_their_own_come_before_the_update() {
        let before = before();
        let after = with(
            &before,
            json!({"ReservedConcurrentExecutions": 10, "RecursiveLoop": "Terminate", "Timeout": 5,
                "CodeSigningConfigArn": "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0",
                "RuntimeManagementConfig": {"UpdateRuntimeOn": "FunctionUpdate"},
                "Tags": [{"Key": "owner", "Value": "b"}]}),
        );
        let operations = |calls: &[Call]| calls.iter().map(|call| call.operation.clone()).collect::<Vec<_>>();
        assert_eq!(
            operations(&leads(&Function, &before, &after).unwrap()),
            [
                "TagResource",
                "UntagResource",
                "PutFunctionConcurrency",
                "PutFunctionRecursionConfig",
                "PutFunctionCodeSigningConfig",
                "PutRuntimeManagementConfig",
                "UpdateFunctionConfiguration",
            ]
        );
        let back = operations(&leads(&Function, &after, &before).unwrap());
        assert!(back.contains(&"DeleteFunctionConcurrency".to_owned()), "{back:?}");
        assert!(back.contains(&"DeleteFunctionCodeSigningConfig".to_owned()), "{back:?}");
    }

    #[test]
    fn what_is_handed_to_lambda_takes_more_permissions() {
        let before = before();
        let permissions = |changes: Value| {
            let calls = Function.calls(Some(&before), Some(&with(&before, changes))).unwrap();
            calls.into_iter().flat_map(|call| call.permissions).collect::<Vec<_>>().join(" ")
        };
        let update = "lambda:UpdateFunctionConfiguration";
        for (changes, besides) in [
            (json!({"Timeout": 9}), ""),
            (json!({"Role": "arn:aws:iam::111122223333:role/other"}), " iam:PassRole"),
            (json!({"KmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/k"}), " kms:CreateGrant kms:Encrypt"),
            (json!({"Layers": ["arn:aws:lambda:eu-west-1:1:layer:base:2"]}), " lambda:GetLayerVersion"),
            (
                json!({"VpcConfig": {"SubnetIds": ["subnet-2"]}}),
                " ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs",
            ),
            (
                json!({"FileSystemConfigs": [{"Arn": "arn:a", "LocalMountPath": "/mnt/a"}]}),
                " elasticfilesystem:DescribeMountTargets",
            ),
            (json!({"Layers": null, "VpcConfig": null}), ""),
        ] {
            assert_eq!(permissions(changes.clone()), format!("{update}{besides}"), "{changes}");
        }
    }

    #[test]
    fn the_last_tag_is_taken_away() {
        let before = before();
        let after = with(&before, json!({"Tags": null}));
        let calls = leads(&Function, &before, &after).unwrap();
        assert_eq!(calls, vec![Call::new("lambda", "UntagResource", json!({"Resource": ARN, "TagKeys": ["team"]}))]);
        leads(&Function, &after, &before).unwrap();
    }

    #[test]
    fn what_no_call_can_do_is_refused() {
        let before = before();
        for change in [
            json!({"Environment": {"Variables": {"TOKEN": 1}}}),
            json!({"Environment": {"Variables": {"KEY": "${rectify:key.arn}"}}}),
            json!({"PackageType": "Image"}),
            json!({"RecursiveLoop": null}),
            json!({"RuntimeManagementConfig": null}),
            json!({"Timeout": null}),
        ] {
            assert!(Function.calls(Some(&before), Some(&with(&before, change.clone()))).is_err(), "{change}");
        }
        assert!(Function.calls(None, Some(&before)).is_err());
        assert!(Function.calls(Some(&before), None).is_err());
    }

    #[test]
    fn an_environment_is_written_whole_with_the_fingerprints_that_stay() {
        let before = before();
        let after = with(&before, json!({"Environment": {"Variables": {"LOG_LEVEL": "info"}}}));
        let calls = leads(&Function, &before, &after).unwrap();
        assert_eq!(
            calls[0].input["Environment"],
            json!({"Variables": {"TOKEN": "hmac-sha256:0123456789abcdef", "LOG_LEVEL": "info"}})
        );
        assert_eq!(calls[0].permissions, ["lambda:UpdateFunctionConfiguration"]);
        let keyed =
            |function: &Resource| with(function, json!({"KmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/k"}));
        let calls = Function.calls(Some(&keyed(&before)), Some(&keyed(&after))).unwrap();
        assert_eq!(calls[0].permissions, ["lambda:UpdateFunctionConfiguration", "kms:CreateGrant", "kms:Encrypt"]);
        let none = with(&before, json!({"Environment": null}));
        assert_eq!(leads(&Function, &before, &none).unwrap()[0].input["Environment"], json!({"Variables": {}}));
        leads(&Function, &after, &before).unwrap();
    }

    #[test]
    fn an_environment_that_cannot_be_read_is_not_written() {
        let facts = json!({"EnvironmentError": {"ErrorCode": "AccessDeniedException"}});
        let before = document(&Function, "pay", ARN, json!({"FunctionName": "pay"}), facts);
        let after = with(&before, json!({"Environment": {"Variables": {"LOG_LEVEL": "info"}}}));
        assert!(Function.calls(Some(&before), Some(&after)).is_err());
    }

    #[test]
    fn a_stale_revision_and_a_missing_function_are_refused() {
        let before = before();
        let calls = Function.calls(Some(&before), Some(&with(&before, json!({"Timeout": 5})))).unwrap();
        let mut stale = calls.clone();
        stale[0].input["RevisionId"] = "r0".into();
        let error = run(&Function, &stale, Some(&before.key()), &mut world([before.clone()])).unwrap_err();
        assert!(error.starts_with("PreconditionFailedException"), "{error}");
        let error = run(&Function, &calls, Some(&before.key()), &mut world([])).unwrap_err();
        assert_eq!(error, format!("ResourceNotFoundException: Function not found: {ARN}"));
        let end = run(&Function, &calls, Some(&before.key()), &mut world([before.clone()])).unwrap().unwrap();
        assert_ne!(end.fact("/RevisionId"), before.fact("/RevisionId"));
        assert_eq!(Function.settled(&end), Settled::Yes);
    }

    #[test]
    fn an_update_is_awaited() {
        let state = |facts| Function.settled(&document(&Function, "pay", ARN, json!({}), facts));
        assert_eq!(state(json!({"State": "Active", "LastUpdateStatus": "InProgress"})), Settled::NotYet);
        assert_eq!(state(json!({"State": "Pending"})), Settled::NotYet);
        assert_eq!(
            state(json!({"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no access to the key"})),
            Settled::Failed("the last update of the function failed: no access to the key".into())
        );
        assert_eq!(state(json!({})), Settled::Yes);
    }
}
