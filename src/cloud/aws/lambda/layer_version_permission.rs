//! `AWS::Lambda::LayerVersionPermission`: a statement of the policy of a layer's version. Its id is `ARN#SID`, as
//! CloudFormation has it
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversionpermission.html>).

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{LayerVersion, layers, policy, rights, statement, trails};
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::children;
use crate::cloud::aws::world::is_missing;
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceKey, ResourceType, Right, Sent, Snapshot,
    Trail, Write,
};

/// `AWS::Lambda::LayerVersionPermission`.
pub struct LayerVersionPermission;

const POLICY: &str = "policy";

/// The properties that AddLayerVersionPermission takes besides the version.
const PROPERTIES: &[&str] = &["Action", "Principal", "OrganizationId"];

const ADD: &[Right] = &[rights::layer("lambda:AddLayerVersionPermission")];
const REMOVE: &[Right] = &[rights::layer("lambda:RemoveLayerVersionPermission")];
const WRITES: &[Write] =
    &[Write::create(ADD), Write::update(PROPERTIES, ADD), Write::update(PROPERTIES, REMOVE), Write::delete(REMOVE)];

impl ResourceType for LayerVersionPermission {
    fn name(&self) -> &'static str {
        "AWS::Lambda::LayerVersionPermission"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::LIST_LAYERS, rights::LIST_LAYER_VERSIONS, rights::layer("lambda:GetLayerVersionPolicy")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part { name: POLICY, permissions: &[], properties: PROPERTIES, facts: &["Statement", "RevisionId"] }]
    }

    fn relations(&self) -> &'static [Relation] {
        &[Relation {
            name: "layer_version",
            of: "AWS::Lambda::LayerVersion",
            many: false,
            locate: |permission| {
                Locate::Ids(split_id(&permission.id).map(|(arn, _)| arn.to_owned()).into_iter().collect())
            },
            needs: &[],
        }]
    }

    fn parent(&self, id: &str) -> Option<String> {
        split_id(id).map(|(arn, _)| arn.to_owned())
    }

    fn trails(&self) -> &'static [Trail] {
        trails::LAYER_VERSION_PERMISSION
    }

    /// A statement has no ARN: its version's names the version.
    fn named(&self, _arn: &str) -> Option<String> {
        None
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        statement::calls(PROPERTIES, (before, after), writable, (remove, add))
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let name = input.text("LayerName").ok_or("LayerName is missing")?;
        let number = input.integer("VersionNumber").ok_or("VersionNumber is missing")?.to_string();
        let sid = input.text("StatementId").ok_or("StatementId is missing")?;
        let arn = layers::arn(place, &name, &number);
        if is_missing(world, &LayerVersion.key(place, &arn)) {
            return Err(format!("ResourceNotFoundException: Layer version {arn} does not exist."));
        }
        let key = self.key(place, &join_id(&arn, &sid));
        if call.operation == "AddLayerVersionPermission" && world.get(&key).is_some() {
            return Err(format!("ResourceConflictException: The statement id ({sid}) provided already exists."));
        }
        let within = |id: &str| split_id(id).is_some_and(|(of, _)| of == arn);
        statement::effect(call, world, (&key, &arn, &sid), within, |revision| {
            let statement = policy::write(&sid, &arn, &place.partition, &as_permission(&call.input));
            document(key.clone(), &arn, &statement, Some(revision))
        })
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let text = match (before, after) {
            (Some(_), Some(_)) => {
                "Lambda cannot change a statement: it is removed and added again, and who uses the layer in between is refused."
            }
            // https://docs.aws.amazon.com/lambda/latest/dg/permissions-layer-cross-account.html
            (Some(_), None) => {
                "Accounts that may use the layer by this statement alone cannot add it to a function from now on; functions that have it keep it."
            }
            _ => return Vec::new(),
        };
        vec![text.to_owned()]
    }
}

/// The version's ARN, and the Sid.
fn split_id(id: &str) -> Option<(&str, &str)> {
    id.rsplit_once('#')
}

fn join_id(arn: &str, sid: &str) -> String {
    format!("{arn}#{sid}")
}

/// An input in the words of a function's permission, which say the same with another name for the organization.
fn as_permission(input: &Value) -> Value {
    json!({"Action": input.get("Action"), "Principal": input.get("Principal"), "PrincipalOrgID": input.get("OrganizationId")})
        .as_object()
        .map(|members| members.clone().into_iter().filter(|(_, value)| !value.is_null()).collect())
        .unwrap_or_default()
}

/// A statement in the words of a permission, and what these do not say.
fn read(statement: &Value, arn: &str) -> (Map<String, Value>, Option<String>) {
    let policy::Reading { mut properties, lost } = policy::read(statement, Some(arn));
    if let Some(organization) = properties.remove("PrincipalOrgID") {
        properties.insert("OrganizationId".into(), organization);
    }
    let foreign = properties.keys().find(|name| !PROPERTIES.contains(&name.as_str())).cloned();
    properties.retain(|name, _| PROPERTIES.contains(&name.as_str()));
    (properties, lost.or(foreign))
}

/// Refuses what AddLayerVersionPermission cannot write. It is judged by the statement, which stays with a document
/// whatever its properties become.
fn writable(permission: &Resource, what: &str) -> Result<(), Impossible> {
    let statement = permission.fact("/Statement").zip(split_id(&permission.id));
    match statement.and_then(|(statement, (arn, _))| read(statement, arn).1) {
        Some(lost) => {
            Err(Impossible(format!("the statement cannot be {what}: AddLayerVersionPermission cannot write {lost}")))
        }
        None => Ok(()),
    }
}

/// The members that name a statement.
fn named(permission: &Resource) -> Result<Map<String, Value>, Impossible> {
    let parts = split_id(&permission.id).and_then(|(arn, sid)| Some((layers::split(arn)?, sid)));
    let Some(((name, number), sid)) = parts else {
        return Err(Impossible("its id is not the ARN of a layer's version, `#`, and the id of a statement".into()));
    };
    let mut input = Map::new();
    input.insert("LayerName".into(), name.into());
    input.insert("VersionNumber".into(), number.parse::<i64>().unwrap_or_default().into());
    input.insert("StatementId".into(), sid.into());
    Ok(input)
}

fn add(permission: &Resource) -> Result<Call, Impossible> {
    let mut input = named(permission)?;
    for name in PROPERTIES {
        if let Some(value) = permission.property(&format!("/{name}")) {
            input.insert((*name).to_owned(), value.clone());
        }
    }
    Ok(Call::new("lambda", "AddLayerVersionPermission", Value::Object(input)))
}

fn remove(permission: &Resource) -> Result<Call, Impossible> {
    let mut input = named(permission)?;
    input.insert("RevisionId".into(), "${rectify:current.RevisionId}".into());
    Ok(Call::new("lambda", "RemoveLayerVersionPermission", Value::Object(input)))
}

fn document(key: ResourceKey, arn: &str, statement: &Value, revision: Option<&str>) -> Resource {
    let (mut properties, _) = read(statement, arn);
    properties.insert("LayerVersionArn".into(), arn.into());
    let mut facts = Map::new();
    facts.insert("Statement".into(), statement.clone());
    if let Some(revision) = revision {
        facts.insert("RevisionId".into(), revision.into());
    }
    Resource::new(key, arn, properties, facts)
}

impl LayerVersionPermission {
    /// The statements of one version's policy.
    async fn statements(&self, aws: &Clients, arn: &str) -> Result<Vec<Resource>, CallError> {
        let Some((name, number)) = layers::split(arn) else { return Ok(Vec::new()) };
        let _slot = aws.slot("lambda").await;
        let request = aws.lambda.get_layer_version_policy().layer_name(name);
        let request = request.version_number(number.parse().unwrap_or_default());
        let answer = request.send().await.map_err(|error| call_error("lambda", "GetLayerVersionPolicy", error));
        // No policy, or no such version any more.
        let Some(output) = found(answer)? else { return Ok(Vec::new()) };
        let statements = statement::all("GetLayerVersionPolicy", output.policy())?;
        let one = |(index, statement): (usize, &Value)| {
            let sid = statement.get("Sid").and_then(Value::as_str).map_or_else(|| index.to_string(), str::to_owned);
            document(aws.key(self, &join_id(arn, &sid)), arn, statement, output.revision_id())
        };
        Ok(statements.iter().enumerate().map(one).collect())
    }
}

#[async_trait]
impl AwsType for LayerVersionPermission {
    async fn list(&self, aws: &Clients, within: Option<&str>, _parts: &Parts) -> Listing {
        let versions = match within {
            Some(arn) => (vec![arn.to_owned()], None),
            None => layers::all(aws).await,
        };
        children(aws, self, versions, |arn| async move {
            let mut listing = Listing::default();
            listing.add(aws, self, &join_id(&arn, ""), self.statements(aws, &arn).await);
            listing
        })
        .await
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some((arn, _)) = split_id(id) else { return Ok(None) };
        Ok(self.statements(aws, arn).await?.into_iter().find(|statement| statement.id == id))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("lambda").await;
        let input = Input(call);
        let (name, number) = (input.text("LayerName"), input.integer("VersionNumber"));
        let (sid, revision) = (input.text("StatementId"), input.text("RevisionId"));
        match call.operation.as_str() {
            "AddLayerVersionPermission" => {
                let number_text = number.unwrap_or_default().to_string();
                let arn = layers::arn(&aws.place, name.as_deref().unwrap_or_default(), &number_text);
                let id = join_id(&arn, sid.as_deref().unwrap_or_default());
                let request = aws.lambda.add_layer_version_permission().set_layer_name(name);
                let request = request
                    .set_version_number(number.map(i64::from))
                    .set_statement_id(sid)
                    .set_revision_id(revision)
                    .set_action(input.text("Action"))
                    .set_principal(input.text("Principal"))
                    .set_organization_id(input.text("OrganizationId"));
                Ok(Sent { id: Some(id), arn: Some(arn), ..sent(call, request.send().await)? })
            }
            "RemoveLayerVersionPermission" => {
                let request = aws.lambda.remove_layer_version_permission().set_layer_name(name);
                let request = request.set_version_number(number.map(i64::from));
                sent(call, request.set_statement_id(sid).set_revision_id(revision).send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{document as resource, leads, run, world};

    const ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:layer:tools:3";

    fn permission(sid: &str, properties: Value) -> Resource {
        let statement = policy::write(sid, ARN, "aws", &as_permission(&properties));
        let facts = json!({"Statement": statement, "RevisionId": "r1"});
        let mut properties = properties;
        properties["LayerVersionArn"] = ARN.into();
        resource(&LayerVersionPermission, &join_id(ARN, sid), ARN, properties, facts)
    }

    fn public() -> Resource {
        permission("all", json!({"Action": "lambda:GetLayerVersion", "Principal": "*"}))
    }

    #[test]
    fn a_statement_is_deleted_and_made_again() {
        let before = public();
        let mut world = world([before.clone(), permission("org", json!({"Action": "a", "Principal": "444455556666"}))]);
        let delete = LayerVersionPermission.calls(Some(&before), None).unwrap();
        assert_eq!(
            delete,
            vec![Call::new(
                "lambda",
                "RemoveLayerVersionPermission",
                json!({"LayerName": "tools", "VersionNumber": 3, "StatementId": "all",
                    "RevisionId": "${rectify:current.RevisionId}"}),
            )]
        );
        assert_eq!(run(&LayerVersionPermission, &delete, Some(&before.key()), &mut world), Ok(None));
        assert_eq!(world.len(), 1);
        let error = run(&LayerVersionPermission, &delete, Some(&before.key()), &mut world).unwrap_err();
        assert!(error.starts_with("ResourceNotFoundException"), "{error}");
        let create = LayerVersionPermission.calls(None, Some(&before)).unwrap();
        let made = run(&LayerVersionPermission, &create, None, &mut world).unwrap().unwrap();
        assert_eq!((&made.id, &made.properties), (&before.id, &before.properties));
        let error = run(&LayerVersionPermission, &create, None, &mut world).unwrap_err();
        assert!(error.starts_with("ResourceConflictException"), "{error}");
    }

    #[test]
    fn a_statement_is_narrowed_to_an_organization() {
        let before = public();
        let mut properties = before.properties.clone();
        properties["OrganizationId"] = "o-a1b2c3d4e5".into();
        let after = before.with_properties(properties);
        leads(&LayerVersionPermission, &before, &after).unwrap();
        leads(&LayerVersionPermission, &after, &before).unwrap();
    }

    #[test]
    fn a_statement_that_cannot_be_written_is_deleted_for_good() {
        let mut before = public();
        before.facts["Statement"]["Condition"] = json!({"StringEquals": {"AWS:SourceAccount": "111122223333"}});
        assert_eq!(LayerVersionPermission.calls(Some(&before), None).map(|calls| calls.len()), Ok(1));
        let told = LayerVersionPermission.calls(None, Some(&before)).unwrap_err();
        assert_eq!(
            told.to_string(),
            "the statement cannot be made again: AddLayerVersionPermission cannot write SourceAccount"
        );
    }
}
