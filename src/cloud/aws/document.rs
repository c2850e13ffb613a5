//! Policy documents, as services write them in text.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::model::Resource;

/// A policy document from the text that a service gives for it; the error says what is wrong with the text.
///
/// IAM gives JSON that is percent-encoded after RFC 3986
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html>), API Gateway JSON whose quotes are
/// escaped once more (<https://docs.aws.amazon.com/cli/latest/reference/apigateway/get-rest-api.html>).
pub fn parse(text: &str) -> Result<Value, String> {
    let text = text.trim();
    let decoded = if text.starts_with('%') {
        percent_decode_str(text).decode_utf8().map_err(|error| error.to_string())?.into_owned()
    } else {
        text.to_owned()
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
    let value = match json(&decoded) {
        Ok(Value::String(inner)) => json(&inner)?,
        Ok(value) => value,
        // Escaped quotes with no quotes around them are no JSON; between quotes they are a JSON text that holds JSON.
        Err(error) => match json(&format!("\"{decoded}\"")) {
            Ok(Value::String(inner)) => json(&inner).map_err(|_| error)?,
            _ => return Err(error),
        },
    };
    match value {
        Value::Object(_) => Ok(normal(value)),
        _ => Err("a policy document is a JSON object".to_owned()),
    }
}

/// The document with `Statement` as an array: the policy language allows a single statement without one.
pub fn normal(mut document: Value) -> Value {
    if let Some(statement) = document.get_mut("Statement")
        && statement.is_object()
    {
        *statement = Value::Array(vec![statement.take()]);
    }
    document
}

/// Whether a policy document has a statement.
pub fn has_statements(document: &Value) -> bool {
    document.get("Statement").and_then(Value::as_array).is_some_and(|statements| !statements.is_empty())
}

/// The statements of a resource's `PolicyDocument` that go.
pub fn gone<'a>(before: Option<&'a Resource>, after: Option<&'a Resource>) -> Vec<&'a Value> {
    let statements = |policy: Option<&'a Resource>| {
        let list = policy.and_then(|policy| policy.properties.pointer("/PolicyDocument/Statement"));
        list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    };
    let kept = statements(after);
    statements(before).iter().filter(|statement| !kept.contains(statement)).collect()
}

/// The document as compact JSON text; its keys are sorted, so the same document is always the same text.
pub fn text(document: &Value) -> String {
    document.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_spelling_is_the_same_document() {
        let document =
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]});
        let raw = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
        assert_eq!(parse(raw), Ok(document.clone()));
        assert_eq!(
            parse(
                "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGet%2A%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D"
            ),
            Ok(document.clone())
        );
        assert_eq!(parse(&raw.replace('"', "\\\"")), Ok(document.clone()));
        assert_eq!(parse(&Value::from(raw).to_string()), Ok(document.clone()));
        assert_eq!(
            text(&document),
            r#"{"Statement":[{"Action":"s3:Get*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#
        );
    }

    #[test]
    fn what_is_no_document_is_an_error() {
        assert!(parse("").is_err());
        assert!(parse("[]").is_err());
        assert!(parse("{\"Statement\":").is_err());
    }
}
