//! `AWS::S3::Bucket`. Its id is the bucket's name; it stands in the listing of one Region, its own.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::settings::SETTINGS;
use super::{MISSING, arn, names, reading, rights, send, trails};
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::found;
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::each;
use crate::cloud::aws::object::Object;
use crate::cloud::aws::tags;
use crate::cloud::aws::world::edit;
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::S3::Bucket`.
pub struct Bucket;

const ACCESS_BLOCK: &str = "access_block";
const OWNERSHIP: &str = "ownership";
const ENCRYPTION: &str = "encryption";
const VERSIONING: &str = "versioning";
const LOGGING: &str = "logging";
const ACL: &str = "acl";
const WEBSITE: &str = "website";
const TAGS: &str = "tags";

impl ResourceType for Bucket {
    fn name(&self) -> &'static str {
        "AWS::S3::Bucket"
    }

    fn identified_by(&self) -> &'static [&'static str] {
        &["BucketName"]
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::LIST] }
    }

    fn writes(&self) -> &'static [Write] {
        rights::BUCKET
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                Part {
                    name: ACCESS_BLOCK,
                    permissions: &[rights::bucket("s3:GetBucketPublicAccessBlock")],
                    properties: &["PublicAccessBlockConfiguration"],
                    facts: &[],
                },
                Part {
                    name: OWNERSHIP,
                    permissions: &[rights::bucket("s3:GetBucketOwnershipControls")],
                    properties: &["OwnershipControls"],
                    facts: &[],
                },
                Part {
                    name: ENCRYPTION,
                    permissions: &[rights::bucket("s3:GetEncryptionConfiguration")],
                    properties: &["BucketEncryption"],
                    facts: &[],
                },
                Part {
                    name: VERSIONING,
                    permissions: &[rights::bucket("s3:GetBucketVersioning")],
                    properties: &["VersioningConfiguration"],
                    facts: &["MfaDelete"],
                },
                Part {
                    name: LOGGING,
                    permissions: &[rights::bucket("s3:GetBucketLogging")],
                    properties: &["LoggingConfiguration"],
                    facts: &[],
                },
                Part {
                    // The ACL itself is no property: a template can only write it.
                    name: ACL,
                    permissions: &[rights::bucket("s3:GetBucketAcl")],
                    properties: &[],
                    facts: &["AclGrants"],
                },
                Part {
                    name: WEBSITE,
                    permissions: &[rights::bucket("s3:GetBucketWebsite")],
                    properties: &["WebsiteConfiguration"],
                    facts: &[],
                },
                Part {
                    name: TAGS,
                    permissions: &[rights::bucket("s3:GetBucketTagging")],
                    properties: &["Tags"],
                    facts: &[],
                },
            ]
        }
    }

    fn relations(&self) -> &'static [Relation] {
        // One at most: a bucket without a policy is known to have none.
        &[Relation {
            name: "policies",
            of: "AWS::S3::BucketPolicy",
            many: true,
            locate: |bucket| Locate::ChildrenOf(bucket.id.clone()),
            needs: &[],
        }]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::BUCKET
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_bucket(arn)
    }

    fn facts_for_calls(&self) -> &'static [&'static str] {
        &["AclGrants", "MfaDelete"]
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let (mut calls, after) = match (before, after) {
            (None, None) => return Ok(vec![]),
            (Some(_), None) => {
                return Err(Impossible("a bucket that may hold objects is not deleted by rectify".into()));
            }
            (None, Some(after)) => (vec![create(after)], after),
            (Some(before), Some(after)) => {
                let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.property).collect();
                only(&names, before, after)?;
                tags::difference(before, after)?;
                refused(before, after)?;
                (vec![], after)
            }
        };
        for setting in SETTINGS {
            let old = before.and_then(|before| before.property(&format!("/{}", setting.property)));
            calls.extend(setting.call(old, after)?);
        }
        Ok(calls)
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let name = Input(call).text("Bucket").ok_or("Bucket is missing")?;
        let key = self.key(place, &name);
        if call.operation == "CreateBucket" {
            if world.get(&key).is_some() {
                return Err("BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded \
                            and you already own it."
                    .into());
            }
            world.insert(Resource::new(key, arn(place, &name), new(&name), Map::from_iter([no_grants()])));
            return Ok(Sent { id: Some(name.clone()), arn: Some(arn(place, &name)), request_id: None });
        }
        edit(world, &key, MISSING, |properties, facts| {
            let known = SETTINGS.iter().any(|setting| setting.write(call, properties));
            let grants = facts.get("AclGrants").and_then(Value::as_array).is_some_and(|grants| !grants.is_empty());
            match (known, enforced(properties.get("OwnershipControls")) && grants) {
                (false, _) => Err(Input(call).unknown().to_string()),
                (true, true) => Err("InvalidBucketAclWithObjectOwnership: Bucket cannot have ACLs set with \
                                     ObjectOwnership's BucketOwnerEnforced setting"
                    .into()),
                (true, false) => Ok(()),
            }
        })
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let Some(after) = after else { return vec![] };
        let differs = |pointer: &str| before.and_then(|before| before.property(pointer)) != after.property(pointer);
        let switched = |name: &str| {
            let pointer = format!("/PublicAccessBlockConfiguration/{name}");
            before.is_some() && differs(&pointer) && after.property(&pointer) == Some(&Value::Bool(true))
        };
        let encrypts = "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault";
        let by_key = after.property(&format!("{encrypts}/KMSMasterKeyID")).is_some();
        let versions =
            differs("/VersioningConfiguration") && after.text("/VersioningConfiguration/Status") == Some("Enabled");
        let changed = before.is_some();
        let texts = [
            (before.is_none(), "An undo leaves the bucket in place."),
            (
                switched("RestrictPublicBuckets") || switched("IgnorePublicAcls"),
                "Whoever reaches the bucket or its objects by a public policy or ACL alone is refused from now on.",
            ),
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
            (
                changed && differs(encrypts) && by_key,
                "Whoever writes objects from now on needs kms:GenerateDataKey on the key, and whoever reads them kms:Decrypt; objects that are there stay encrypted as they are.",
            ),
            (
                versions,
                "Each version of an object is stored and billed until it is deleted: a lifecycle rule can do that.",
            ),
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
            (
                changed && versions,
                "An undo suspends versioning: the versions that were made until then stay, and S3 does not forget that it was on.",
            ),
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
            (
                changed && differs("/OwnershipControls") && enforced(after.property("/OwnershipControls")),
                "Requests that set another ACL than bucket-owner-full-control fail from now on, and the ACLs of objects no longer let anyone in.",
            ),
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
            (
                differs("/LoggingConfiguration") && after.property("/LoggingConfiguration").is_some(),
                "Access logs are stored and billed until they are deleted, and come within hours.",
            ),
        ];
        texts.into_iter().filter(|(applies, _)| *applies).map(|(_, text)| text.to_owned()).collect()
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>
fn create(bucket: &Resource) -> Call {
    let name = bucket.text("/BucketName").unwrap_or(&bucket.id);
    let input = match bucket.region.as_str() {
        // The one Region that has no name here.
        "us-east-1" => json!({"Bucket": name}),
        region => json!({"Bucket": name, "CreateBucketConfiguration": {"LocationConstraint": region}}),
    };
    Call::new("s3", "CreateBucket", input)
}

/// The properties of a new bucket, as S3 makes them since April 2023
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html>).
fn new(name: &str) -> Map<String, Value> {
    let mut properties = Object::default();
    let by_default = json!({"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false});
    properties
        .set("BucketName", Some(name))
        .set(
            "PublicAccessBlockConfiguration",
            Some(json!({"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true,
                "RestrictPublicBuckets": true})),
        )
        .set("OwnershipControls", Some(json!({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})))
        .set("BucketEncryption", Some(json!({"ServerSideEncryptionConfiguration": [by_default]})))
        .set("VersioningConfiguration", Some(json!({"Status": "Suspended"})));
    properties.0
}

fn no_grants() -> (String, Value) {
    ("AclGrants".to_owned(), json!([]))
}

fn enforced(controls: Option<&Value>) -> bool {
    let ownership = controls.and_then(|controls| controls.pointer("/Rules/0/ObjectOwnership"));
    ownership.and_then(Value::as_str) == Some("BucketOwnerEnforced")
}

/// What S3 would refuse.
fn refused(before: &Resource, after: &Resource) -> Result<(), Impossible> {
    let differs = |pointer: &str| before.property(pointer) != after.property(pointer);
    let grants = before.fact("/AclGrants").and_then(Value::as_array).is_some_and(|grants| !grants.is_empty());
    if differs("/OwnershipControls") && enforced(after.property("/OwnershipControls")) && grants {
        return Err(Impossible("S3 keeps ACLs on as long as the bucket's own lets others in".into()));
    }
    let mfa = before.fact("/MfaDelete").and_then(Value::as_str) == Some("Enabled");
    if differs("/VersioningConfiguration") && mfa {
        return Err(Impossible("the bucket's versioning changes with an MFA code only, and rectify has none".into()));
    }
    Ok(())
}

impl Bucket {
    /// The document of a bucket; none where it is gone meanwhile. The caller holds the slot.
    async fn document(&self, aws: &Clients, name: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        found(self.known(aws, name, parts).await)
    }

    async fn known(&self, aws: &Clients, name: &str, parts: &Parts) -> Result<Resource, CallError> {
        let (mut properties, mut facts) = (Object::default(), Object::default());
        properties.set("BucketName", Some(name));
        if parts.wants(ACCESS_BLOCK) {
            properties.set("PublicAccessBlockConfiguration", Some(reading::access_block(aws, name).await?));
        }
        if parts.wants(OWNERSHIP) {
            properties.set("OwnershipControls", Some(reading::ownership(aws, name).await?));
        }
        if parts.wants(ENCRYPTION) {
            properties.set("BucketEncryption", Some(reading::encryption(aws, name).await?));
        }
        if parts.wants(VERSIONING) {
            reading::versioning(aws, name, &mut properties, &mut facts).await?;
        }
        if parts.wants(LOGGING) {
            properties.set("LoggingConfiguration", reading::logging(aws, name).await?);
        }
        if parts.wants(ACL) {
            facts.set("AclGrants", Some(reading::grants(aws, name).await?));
        }
        if parts.wants(WEBSITE) {
            properties.set("WebsiteConfiguration", reading::website(aws, name).await?);
        }
        if parts.wants(TAGS) {
            properties.set("Tags", reading::tags(aws, name).await?);
        }
        Ok(Resource::new(aws.key(self, name), arn(&aws.place, name), properties.0, facts.0))
    }
}

#[async_trait]
impl AwsType for Bucket {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let names = names::all(aws, None).await;
        each(aws, self, "s3", &names, |name| self.document(aws, name, parts)).await
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("s3").await;
        if !names::exists(aws, id).await? {
            return Ok(None);
        }
        self.document(aws, id, parts).await
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("s3").await;
        send::send(aws, call).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{document, leads, round_trip, run, shown, world};

    fn old(more: Value, facts: Value) -> Resource {
        let mut properties = json!({
            "BucketName": "uploads",
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": false, "BlockPublicPolicy": false,
                "IgnorePublicAcls": false, "RestrictPublicBuckets": false},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false}]},
            "VersioningConfiguration": {"Status": "Suspended"},
        });
        json_patch::merge(&mut properties, &more);
        document(&Bucket, "uploads", "arn:aws:s3:::uploads", properties, facts)
    }

    fn strict() -> Value {
        json!({
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true,
                "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [{
                "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k1"},
                "BucketKeyEnabled": true, "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}]},
            "VersioningConfiguration": {"Status": "Enabled"},
            "LoggingConfiguration": {"DestinationBucketName": "logs", "LogFilePrefix": "uploads/",
                "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}},
            "Tags": [{"Key": "team", "Value": "shop"}],
        })
    }

    #[test]
    fn each_setting_has_a_call_and_leads_back() {
        let before = old(json!({}), json!({"AclGrants": []}));
        let after = old(strict(), json!({}));
        round_trip(&Bucket, &before, after.properties.clone());
        let calls = Bucket.calls(Some(&before), Some(&after)).unwrap();
        assert_eq!(
            shown(&calls),
            json!([
                ["PutPublicAccessBlock", {"Bucket": "uploads", "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true,
                    "RestrictPublicBuckets": true}}],
                ["PutBucketOwnershipControls", {"Bucket": "uploads", "OwnershipControls": {
                    "Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}],
                ["PutBucketEncryption", {"Bucket": "uploads", "ServerSideEncryptionConfiguration": {"Rules": [{
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k1"},
                    "BucketKeyEnabled": true, "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}]}}],
                ["PutBucketVersioning", {"Bucket": "uploads", "VersioningConfiguration": {"Status": "Enabled"}}],
                ["PutBucketLogging", {"Bucket": "uploads", "BucketLoggingStatus": {"LoggingEnabled": {
                    "TargetBucket": "logs", "TargetPrefix": "uploads/",
                    "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}}}}],
                ["PutBucketTagging", {"Bucket": "uploads", "Tagging": {"TagSet": [{"Key": "team", "Value": "shop"}]}}],
            ])
        );
        assert_eq!(calls[2].permissions, ["s3:PutEncryptionConfiguration"]);
        let back = Bucket.calls(Some(&after), Some(&before)).unwrap();
        assert_eq!(
            shown(&back[4..]),
            json!([
                ["PutBucketLogging", {"Bucket": "uploads", "BucketLoggingStatus": {}}],
                ["DeleteBucketTagging", {"Bucket": "uploads"}],
            ])
        );
    }

    #[test]
    fn what_a_document_does_not_say_is_taken_away() {
        let before = old(json!({}), json!({}));
        let bare = old(
            json!({"PublicAccessBlockConfiguration": null, "OwnershipControls": null, "BucketEncryption": null}),
            json!({}),
        );
        round_trip(&Bucket, &before, bare.properties.clone());
        let operations = |calls: Vec<Call>| calls.into_iter().map(|call| call.operation).collect::<Vec<_>>();
        assert_eq!(
            operations(Bucket.calls(Some(&before), Some(&bare)).unwrap()),
            ["DeletePublicAccessBlock", "DeleteBucketOwnershipControls", "DeleteBucketEncryption"]
        );
        let never = old(json!({"VersioningConfiguration": null}), json!({}));
        assert!(leads(&Bucket, &never, &before).is_ok());
        assert!(Bucket.calls(Some(&before), Some(&never)).unwrap_err().0.contains("not forget"));
    }

    #[test]
    fn what_s3_refuses_is_refused_before() {
        let granted = old(json!({}), json!({"AclGrants": [{"Grantee": "g", "Permission": "READ"}]}));
        let enforced = granted.with_properties(old(strict(), json!({})).properties);
        let why = Bucket.calls(Some(&granted), Some(&enforced)).unwrap_err();
        assert_eq!(why.0, "S3 keeps ACLs on as long as the bucket's own lets others in");
        let plain = old(json!({}), json!({}));
        let put = Bucket.calls(Some(&plain), Some(&enforced)).unwrap();
        let error = run(&Bucket, &put, Some(&granted.key()), &mut world([granted.clone()])).unwrap_err();
        assert!(error.starts_with("InvalidBucketAclWithObjectOwnership"), "{error}");
        let error = run(&Bucket, &put, Some(&granted.key()), &mut world([])).unwrap_err();
        assert_eq!(error, MISSING);

        let locked = old(json!({}), json!({"MfaDelete": "Enabled"}));
        let versioned = locked.with_properties(old(strict(), json!({})).properties);
        assert!(Bucket.calls(Some(&locked), Some(&versioned)).unwrap_err().0.contains("MFA"));
        let site = old(json!({"WebsiteConfiguration": {"IndexDocument": "index.html"}}), json!({}));
        assert!(Bucket.calls(Some(&site), Some(&plain)).is_err());
    }

    #[test]
    fn a_new_bucket_has_what_was_asked_for_and_is_not_deleted() {
        let asked = old(strict(), json!({}));
        let calls = Bucket.calls(None, Some(&asked)).unwrap();
        let configuration = json!({"LocationConstraint": "eu-west-1"});
        assert_eq!(calls[0].input, json!({"Bucket": "uploads", "CreateBucketConfiguration": configuration}));
        assert_eq!(calls.len(), 7);
        let mut world = world([]);
        let made = run(&Bucket, &calls, None, &mut world).unwrap().unwrap();
        assert_eq!(made.properties, asked.properties);
        let again = run(&Bucket, &calls, None, &mut world).unwrap_err();
        assert!(again.starts_with("BucketAlreadyOwnedByYou"), "{again}");
        assert!(Bucket.calls(Some(&made), None).is_err());
        let mut elsewhere = asked;
        elsewhere.region = "us-east-1".into();
        assert_eq!(Bucket.calls(None, Some(&elsewhere)).unwrap()[0].input, json!({"Bucket": "uploads"}));
    }

    #[test]
    fn a_person_is_told_what_follows() {
        let told = |more: Value| {
            let before = old(json!({}), json!({}));
            Bucket.warnings(Some(&before), Some(&old(more, json!({})))).len()
        };
        assert_eq!(told(json!({})), 0);
        assert_eq!(told(strict()), 6);
        assert_eq!(told(json!({"VersioningConfiguration": {"Status": "Enabled"}})), 2);
        assert_eq!(Bucket.warnings(None, Some(&old(strict(), json!({})))).len(), 3);
    }
}
