//! Amazon Resource Names.

/// The parts of an ARN: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: &'a str,
    /// The service as the ARN spells it.
    pub service: &'a str,
    /// The Region; empty where the resource is global.
    pub region: &'a str,
    /// Twelve digits; empty where the service leaves it out, as API Gateway does.
    pub account: &'a str,
    /// What is left, with the service's own signs in it.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes an ARN apart; none where the text is no ARN.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let _arn = parts.next().filter(|scheme| *scheme == "arn")?;
        let (partition, service) = (parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let whole = !partition.is_empty() && !service.is_empty() && !resource.is_empty();
        whole.then_some(Self { partition, service, region, account, resource })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart_and_nothing_else() {
        assert_eq!(
            Arn::parse("arn:aws:lambda:eu-west-1:111122223333:function:pay:live"),
            Some(Arn {
                partition: "aws",
                service: "lambda",
                region: "eu-west-1",
                account: "111122223333",
                resource: "function:pay:live",
            })
        );
        for text in ["", "pay", "arn:aws:lambda", "urn:aws:lambda:r:a:function:f", "arn:aws:iam::1:", "arn::iam::1:x"] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
