//! A policy document of IAM, as services write it.

use rectify::cloud::aws::parse_policy_document;
use rectify::model::{Header, Resource, ResourceKey, SNAPSHOT_FORMAT, Snapshot};
use serde_json::{Map, Value, json};

use crate::world::is_planned;

/// Every spelling that is read is read again from its own text. Every policy that judges documents comes to an end on it,
/// without an error but that of a limit, and what a plan makes of it introduces nothing.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let document = match parse_policy_document(text) {
        Err(_) => return,
        Ok(document) => document,
    };
    assert!(document.is_object());
    assert_eq!(parse_policy_document(&document.to_string()), Ok(document.clone()));
    let snapshot = around(&document);
    TYPES.iter().for_each(|(type_name, ..)| is_planned(&snapshot, &(*type_name).into()));
}

/// Where documents stand: the type, the id, and the property.
const TYPES: [(&str, &str, &str, &str); 3] = [
    ("AWS::IAM::ManagedPolicy", "arn:aws:iam::111122223333:policy/fuzz", "", "PolicyDocument"),
    ("AWS::IAM::Role", "fuzz", "", "AssumeRolePolicyDocument"),
    ("AWS::SQS::QueuePolicy", "https://sqs.eu-west-1.amazonaws.com/111122223333/fuzz", "eu-west-1", "PolicyDocument"),
];

fn around(document: &Value) -> Snapshot {
    let account = "111122223333";
    let mut snapshot = Snapshot::new(Header {
        rectify_snapshot: SNAPSHOT_FORMAT,
        account: account.into(),
        partition: "aws".into(),
        regions: vec!["eu-west-1".into()],
        taken_at: "2026-01-01T00:00:00Z".into(),
        unread: Vec::new(),
    });
    for (type_name, id, region, property) in TYPES {
        let key =
            ResourceKey { type_name: type_name.into(), account: account.into(), region: region.into(), id: id.into() };
        let mut properties = Map::from_iter([(property.to_owned(), document.clone())]);
        if type_name == "AWS::IAM::Role" {
            properties.insert("Policies".into(), json!([{"PolicyName": "fuzz", "PolicyDocument": document}]));
        }
        if type_name == "AWS::SQS::QueuePolicy" {
            properties.insert("Queues".into(), json!([id]));
        }
        let arn = if id.starts_with("arn:") { id.to_owned() } else { format!("arn:aws:iam::{account}:role/fuzz") };
        snapshot.insert(Resource::new(key, arn, properties, Map::new()));
    }
    snapshot
}
