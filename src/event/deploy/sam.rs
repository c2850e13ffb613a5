//! The deployment as a template of the AWS Serverless Application Model, for `sam deploy`.

use serde_json::Value;

use super::cloudformation::Template;
use super::document::Deployment;

/// The template, with the function's package where `sam` finds it: a path beside the template, which `sam` uploads.
///
/// Only the function differs from the CloudFormation template: `sam` knows how to bring its code to where Lambda reads it
/// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>).
pub fn sam(deployment: &Deployment, package: &str) -> Template {
    let mut template = Template::of(deployment);
    template.transform = Some("AWS::Serverless-2016-10-31");
    template.parameters.0.retain(|(name, _)| !name.starts_with("Code"));
    for (_, resource) in &mut template.resources.0 {
        if resource.type_name == "AWS::Lambda::Function"
            && let Some(properties) = resource.properties.as_object_mut()
        {
            resource.type_name = "AWS::Serverless::Function".to_owned();
            properties.remove("Code");
            properties.insert("CodeUri".to_owned(), package.into());
            let tracing =
                properties.remove("TracingConfig").and_then(|mut config| Some(config.get_mut("Mode")?.take()));
            properties.insert("Tracing".to_owned(), tracing.unwrap_or(Value::Null));
        }
    }
    template
}
