//! `AWS::Lambda::Permission`: a statement of a function's policy, or of the policy of one of its aliases. Its id is
//! `FUNCTION|SID` or `FUNCTION:ALIAS|SID`.
//!
//! Policies of published versions are not read: a function can have hundreds of versions, and none is invoked by name
//! but through an ARN that names it.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::effect::missing;
use super::{Function, names, policy, rights, statement, trails};
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::children;
use crate::cloud::aws::world::is_missing;
use crate::cloud::{CallError, CallErrorKind, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceKey, ResourceType, Right, Sent, Snapshot,
    Trail, Write,
};

/// `AWS::Lambda::Permission`.
pub struct Permission;

const POLICY: &str = "policy";

const ADD: &[Right] = &[rights::function("lambda:AddPermission")];
const REMOVE: &[Right] = &[rights::function("lambda:RemovePermission")];
const WRITES: &[Write] = &[
    Write::create(ADD),
    Write::update(policy::PROPERTIES, ADD),
    Write::update(policy::PROPERTIES, REMOVE),
    Write::delete(REMOVE),
];

impl ResourceType for Permission {
    fn name(&self) -> &'static str {
        "AWS::Lambda::Permission"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::LIST, rights::function("lambda:ListAliases"), rights::function("lambda:GetPolicy")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part {
            name: POLICY,
            permissions: &[],
            properties: policy::PROPERTIES,
            facts: &["Id", "Statement", "FunctionArn", "RevisionId"],
        }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("function")
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "function",
            of: "AWS::Lambda::Function",
            many: false,
            locate: |permission| {
                let function = permission.text("/FunctionName").map(|name| names::split(name).0.to_owned());
                Locate::Ids(function.into_iter().collect())
            },
            needs: &["FunctionName"],
        }]
    }

    fn parent(&self, id: &str) -> Option<String> {
        Some(names::split(split_id(id).0).0.to_owned())
    }

    fn trails(&self) -> &'static [Trail] {
        trails::PERMISSION
    }

    /// A statement has no ARN: its function's names the function.
    fn named(&self, _arn: &str) -> Option<String> {
        None
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        statement::calls(policy::PROPERTIES, (before, after), writable, (remove, add))
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let function = input.text("FunctionName").ok_or("FunctionName is missing")?;
        let (name, qualifier) = names::split(&function);
        let qualifier = input.text("Qualifier").or(qualifier.map(str::to_owned));
        let target = names::qualified(name, qualifier.as_deref());
        let sid = input.text("StatementId").ok_or("StatementId is missing")?;
        if is_missing(world, &Function.key(place, name)) {
            return Err(missing(place, name));
        }
        let key = self.key(place, &join_id(&target, &sid));
        if call.operation == "AddPermission" && world.get(&key).is_some() {
            return Err(format!("ResourceConflictException: The statement id ({sid}) provided already exists"));
        }
        let within = |id: &str| split_id(id).0 == target;
        statement::effect(call, world, (&key, &target, &sid), within, |revision| {
            let arn = names::arn(place, name);
            let resource = names::qualified(&arn, qualifier.as_deref());
            let statement = policy::write(&sid, &resource, &place.partition, &call.input);
            document(key.clone(), &target, &arn, &statement, Some(revision))
        })
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        match (before, after) {
            (Some(_), Some(_)) => vec![
                "Lambda cannot change a statement: it is removed and added again, and calls that come between are refused."
                    .into(),
            ],
            (Some(before), None) => {
                let mut warnings = vec!["Whoever invokes the function by this statement alone is refused from now on.".into()];
                if before.text("/FunctionUrlAuthType") == Some("NONE") {
                    warnings.push("Requests to the function's open URL get 403 from now on.".into());
                }
                warnings
            }
            _ => Vec::new(),
        }
    }
}

/// Refuses what AddPermission cannot write. It is judged by the statement, which stays with a document whatever its
/// properties become.
fn writable(permission: &Resource, what: &str) -> Result<(), Impossible> {
    let Some(statement) = permission.fact("/Statement") else { return Ok(()) };
    let resource = permission.fact("/FunctionArn").and_then(Value::as_str).map(|arn| {
        let (_, qualifier) = names::split(split_id(&permission.id).0);
        names::qualified(arn, qualifier)
    });
    match policy::read(statement, resource.as_deref()).lost {
        Some(lost) => Err(Impossible(format!("the statement cannot be {what}: AddPermission cannot write {lost}"))),
        None => Ok(()),
    }
}

fn sid(permission: &Resource) -> Result<&str, Impossible> {
    match permission.facts.get("Statement") {
        Some(statement) if statement.get("Sid").is_none() => {
            Err(Impossible("RemovePermission takes a Sid, and the statement has none".into()))
        }
        _ => Ok(permission.fact("/Id").and_then(Value::as_str).unwrap_or_else(|| split_id(&permission.id).1)),
    }
}

/// The members that name a statement.
fn named(permission: &Resource) -> Result<Map<String, Value>, Impossible> {
    let target = permission.text("/FunctionName").unwrap_or_else(|| split_id(&permission.id).0);
    let (function, qualifier) = names::split(target);
    let mut input = Map::new();
    input.insert("FunctionName".into(), function.into());
    input.insert("StatementId".into(), sid(permission)?.into());
    if let Some(qualifier) = qualifier {
        input.insert("Qualifier".into(), qualifier.into());
    }
    Ok(input)
}

fn add(permission: &Resource) -> Result<Call, Impossible> {
    let mut input = named(permission)?;
    for name in policy::PROPERTIES {
        if let Some(value) = permission.property(&format!("/{name}")) {
            input.insert((*name).to_owned(), value.clone());
        }
    }
    Ok(Call::new("lambda", "AddPermission", Value::Object(input)))
}

fn remove(permission: &Resource) -> Result<Call, Impossible> {
    let mut input = named(permission)?;
    input.insert("RevisionId".into(), "${rectify:current.RevisionId}".into());
    Ok(Call::new("lambda", "RemovePermission", Value::Object(input)))
}

/// The function with its alias, and the Sid.
fn split_id(id: &str) -> (&str, &str) {
    id.rsplit_once('|').unwrap_or((id, id))
}

fn join_id(target: &str, sid: &str) -> String {
    format!("{target}|{sid}")
}

fn document(key: ResourceKey, target: &str, arn: &str, statement: &Value, revision: Option<&str>) -> Resource {
    let (_, qualifier) = names::split(target);
    let mut properties = policy::read(statement, Some(&names::qualified(arn, qualifier))).properties;
    properties.insert("FunctionName".into(), target.into());
    let mut facts = Map::new();
    if let Some(sid) = statement.get("Sid") {
        facts.insert("Id".into(), sid.clone());
    }
    facts.insert("FunctionArn".into(), arn.into());
    facts.insert("Statement".into(), statement.clone());
    if let Some(revision) = revision {
        facts.insert("RevisionId".into(), revision.into());
    }
    Resource::new(key, "", properties, facts)
}

impl Permission {
    /// The statements of one policy. The caller holds the slot.
    async fn statements(&self, aws: &Clients, target: &str) -> Result<Vec<Resource>, CallError> {
        let (name, qualifier) = names::split(target);
        let request = aws.lambda.get_policy().function_name(name).set_qualifier(qualifier.map(str::to_owned));
        let answer = request.send().await.map_err(|error| call_error("lambda", "GetPolicy", error));
        // No policy.
        let Some(output) = found(answer)? else { return Ok(Vec::new()) };
        let statements = statement::all("GetPolicy", output.policy())?;
        let arn = names::arn(&aws.place, name);
        let of_another = |statement: &Value| {
            let resource = statement.get("Resource").and_then(Value::as_str).and_then(|text| text.strip_prefix(&arn));
            // Some services answer for every qualifier at once, as moto does.
            resource
                .is_some_and(|rest| (rest.is_empty() || rest.starts_with(':')) && rest.strip_prefix(':') != qualifier)
        };
        let one = |(index, statement): (usize, &Value)| {
            // A Sid has no `#`.
            let sid = statement.get("Sid").and_then(Value::as_str).map_or_else(|| format!("#{index}"), str::to_owned);
            document(aws.key(self, &join_id(target, &sid)), target, &arn, statement, output.revision_id())
        };
        Ok(statements.iter().filter(|statement| !of_another(statement)).enumerate().map(one).collect())
    }

    /// The statements of a function and of its aliases.
    async fn of_function(&self, aws: &Clients, function: String) -> Listing {
        let _slot = aws.slot("lambda").await;
        let mut listing = Listing::default();
        let mut targets = vec![function.clone()];
        match names::aliases(aws, &function).await {
            Ok(aliases) => targets.extend(aliases.iter().map(|alias| names::qualified(&function, Some(alias)))),
            // The function is gone, and its statements with it.
            Err(error) if error.kind == CallErrorKind::NotFound => return listing,
            Err(error) => listing.miss(aws, self, &join_id(&function, ""), Some(error)),
        }
        for target in targets {
            listing.add(aws, self, &join_id(&target, ""), self.statements(aws, &target).await);
        }
        listing
    }
}

#[async_trait]
impl AwsType for Permission {
    async fn list(&self, aws: &Clients, within: Option<&str>, _parts: &Parts) -> Listing {
        let functions = names::functions(aws, within).await;
        children(aws, self, functions, |function| self.of_function(aws, function)).await
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("lambda").await;
        let statements = self.statements(aws, split_id(id).0).await?;
        Ok(statements.into_iter().find(|statement| statement.id == id))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("lambda").await;
        let input = Input(call);
        let (function, sid) = (input.text("FunctionName"), input.text("StatementId"));
        let (qualifier, revision) = (input.text("Qualifier"), input.text("RevisionId"));
        match call.operation.as_str() {
            "AddPermission" => {
                let target = names::qualified(function.as_deref().unwrap_or_default(), qualifier.as_deref());
                let id = join_id(&target, sid.as_deref().unwrap_or_default());
                let request = aws.lambda.add_permission().set_function_name(function).set_statement_id(sid);
                let request = request
                    .set_qualifier(qualifier)
                    .set_revision_id(revision)
                    .set_action(input.text("Action"))
                    .set_principal(input.text("Principal"))
                    .set_source_arn(input.text("SourceArn"))
                    .set_source_account(input.text("SourceAccount"))
                    .set_principal_org_id(input.text("PrincipalOrgID"))
                    .set_function_url_auth_type(input.text("FunctionUrlAuthType").map(|kind| kind.as_str().into()))
                    .set_invoked_via_function_url(input.flag("InvokedViaFunctionUrl"))
                    .set_event_source_token(input.text("EventSourceToken"));
                let sent = sent(call, request.send().await)?;
                Ok(Sent { id: Some(id), ..sent })
            }
            "RemovePermission" => {
                let request = aws.lambda.remove_permission().set_function_name(function).set_statement_id(sid);
                let request = request.set_qualifier(qualifier).set_revision_id(revision);
                sent(call, request.send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cloud::aws::testing::{document as resource, leads, run, world};

    const ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:pay";

    fn permission(id: &str, properties: Value) -> Resource {
        let mut statement = policy::write(split_id(id).1, &ARN.replace("pay", split_id(id).0), "aws", &properties);
        statement["Sid"] = split_id(id).1.into();
        let facts = json!({"Id": split_id(id).1, "Statement": statement, "FunctionArn": ARN, "RevisionId": "r1"});
        let mut properties = properties;
        properties["FunctionName"] = split_id(id).0.into();
        resource(&Permission, id, "", properties, facts)
    }

    fn open() -> Resource {
        permission("pay|s3", json!({"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}))
    }

    #[test]
    fn a_statement_is_replaced_and_brought_back() {
        let before = open();
        let mut properties = before.properties.clone();
        properties["SourceAccount"] = "111122223333".into();
        let after = before.with_properties(properties);
        let calls = leads(&Permission, &before, &after).unwrap();
        assert_eq!(
            calls,
            vec![
                Call::new(
                    "lambda",
                    "RemovePermission",
                    json!({"FunctionName": "pay", "StatementId": "s3", "RevisionId": "${rectify:current.RevisionId}"}),
                ),
                Call::new(
                    "lambda",
                    "AddPermission",
                    json!({"FunctionName": "pay", "StatementId": "s3", "Action": "lambda:InvokeFunction",
                        "Principal": "s3.amazonaws.com", "SourceAccount": "111122223333"}),
                ),
            ]
        );
        leads(&Permission, &after, &before).unwrap();
    }

    #[test]
    fn a_statement_of_an_alias_is_deleted_and_made_again() {
        let before = permission("pay:live|s3", json!({"Action": "lambda:InvokeFunction", "Principal": "*"}));
        let mut world = world([before.clone(), open()]);
        let delete = Permission.calls(Some(&before), None).unwrap();
        assert_eq!(run(&Permission, &delete, Some(&before.key()), &mut world), Ok(None));
        assert_eq!(world.len(), 1);
        let create = Permission.calls(None, Some(&before)).unwrap();
        let made = run(&Permission, &create, None, &mut world).unwrap().unwrap();
        assert_eq!((made.id, made.properties), (before.id, before.properties));
    }

    #[test]
    fn a_statement_that_add_permission_cannot_write_is_deleted_for_good() {
        let mut before = open();
        before.facts["Statement"]["Condition"] = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
        assert_eq!(Permission.calls(Some(&before), None).map(|calls| calls.len()), Ok(1));
        let why = "AddPermission cannot write the condition IpAddress aws:SourceIp";
        assert_eq!(
            Permission.calls(None, Some(&before)),
            Err(Impossible(format!("the statement cannot be made again: {why}")))
        );
        let after = before.with_properties(json!({"FunctionName": "pay", "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com", "SourceAccount": "111122223333"}));
        assert_eq!(
            Permission.calls(Some(&before), Some(&after)),
            Err(Impossible(format!("the statement cannot be replaced: {why}")))
        );
    }

    #[test]
    fn the_policy_moves_on_with_each_statement() {
        let other = permission("pay|sns", json!({"Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}));
        let before = open();
        let mut world = world([before.clone(), other.clone()]);
        let delete = Permission.calls(Some(&before), None).unwrap();
        run(&Permission, &delete, Some(&before.key()), &mut world).unwrap();
        let now = world.get(&other.key()).unwrap().fact("/RevisionId").cloned();
        assert!(now.is_some() && now != other.fact("/RevisionId").cloned());
        let error = run(&Permission, &delete, Some(&before.key()), &mut world).unwrap_err();
        assert!(error.starts_with("ResourceNotFoundException"), "{error}");
    }
}
