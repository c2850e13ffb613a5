//! A function's configuration between the SDK's structures and documents.

use std::collections::BTreeMap;

use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder;
use aws_sdk_lambda::types::{
    DeadLetterConfig, DirectS3Read, Environment, EphemeralStorage, FileSystemConfig, FunctionConfiguration,
    ImageConfig, LoggingConfig, S3FilesConfig, SnapStart, TracingConfig, VpcConfig,
};
use aws_smithy_types::error::operation::BuildError;
use serde_json::{Value, json};

use crate::cloud::FingerprintKey;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::object::{Object, list};

/// The properties and facts that a configuration brings, without its environment. What ListFunctions leaves out of it is
/// absent.
pub fn document(found: &FunctionConfiguration) -> (Object, Object) {
    (properties(found), facts(found))
}

/// Adds the environment, its values as fingerprints.
pub fn environment(key: &FingerprintKey, found: &FunctionConfiguration, properties: &mut Object, facts: &mut Object) {
    let environment = found.environment();
    if let Some(variables) = environment.and_then(|environment| environment.variables()) {
        let sorted: BTreeMap<_, _> = variables.iter().collect();
        let (concealed, known) = key.conceal(sorted);
        if !concealed.is_empty() {
            properties.set("Environment", Some(json!({"Variables": concealed})));
        }
        facts.set("EnvironmentVariables", (!known.is_empty()).then_some(Value::Object(known)));
    }
    // Lambda answers so where the caller or the function may not use the key: the variables are unknown, not absent.
    if let Some(error) = environment.and_then(|environment| environment.error()) {
        let mut said = Object::default();
        said.set("ErrorCode", error.error_code()).set("Message", error.message());
        facts.set("EnvironmentError", said.non_empty());
    }
}

fn properties(found: &FunctionConfiguration) -> Object {
    let mut properties = Object::default();
    properties
        .set("FunctionName", found.function_name())
        .set("Runtime", found.runtime().map(|runtime| runtime.as_str()))
        .set("Role", found.role())
        .set("Handler", found.handler())
        .set("Description", found.description())
        .set("Timeout", found.timeout())
        .set("MemorySize", found.memory_size())
        .set("PackageType", found.package_type().map(|kind| kind.as_str()))
        .set("Architectures", list(found.architectures().iter().map(|name| name.as_str())))
        .set("KmsKeyArn", found.kms_key_arn())
        .set("Layers", list(found.layers().iter().filter_map(|layer| layer.arn())))
        .set("EphemeralStorage", found.ephemeral_storage().map(|storage| json!({"Size": storage.size()})));
    if let Some(tracing) = found.tracing_config().and_then(|tracing| tracing.mode()) {
        properties.set("TracingConfig", Some(json!({"Mode": tracing.as_str()})));
    }
    if let Some(target) =
        found.dead_letter_config().and_then(|config| config.target_arn()).filter(|arn| !arn.is_empty())
    {
        properties.set("DeadLetterConfig", Some(json!({"TargetArn": target})));
    }
    if let Some(apply_on) = found.snap_start().and_then(|start| start.apply_on()) {
        properties.set("SnapStart", Some(json!({"ApplyOn": apply_on.as_str()})));
    }
    if let Some(tenancy) = found.tenancy_config() {
        properties.set("TenancyConfig", Some(json!({"TenantIsolationMode": tenancy.tenant_isolation_mode().as_str()})));
    }
    properties
        .set("VpcConfig", vpc(found))
        .set("LoggingConfig", logging(found))
        .set("FileSystemConfigs", file_systems(found))
        .set("ImageConfig", image(found))
        .set("DurableConfig", durable(found))
        .set("CapacityProviderConfig", capacity(found));
    properties
}

fn facts(found: &FunctionConfiguration) -> Object {
    let mut facts = Object::default();
    facts
        .set("RevisionId", found.revision_id())
        .set("LastModified", found.last_modified())
        .set("CodeSha256", found.code_sha256())
        .set("State", found.state().map(|state| state.as_str()))
        .set("StateReason", found.state_reason())
        .set("LastUpdateStatus", found.last_update_status().map(|status| status.as_str()))
        .set("LastUpdateStatusReason", found.last_update_status_reason());
    facts
}

fn vpc(found: &FunctionConfiguration) -> Option<Value> {
    let vpc = found.vpc_config()?;
    let mut object = Object::default();
    object.set("SubnetIds", list(vpc.subnet_ids())).set("SecurityGroupIds", list(vpc.security_group_ids()));
    // Lambda gives this even to a function in no VPC, and false is the default.
    if !object.0.is_empty() && vpc.ipv6_allowed_for_dual_stack() == Some(true) {
        object.set("Ipv6AllowedForDualStack", Some(true));
    }
    object.non_empty()
}

fn logging(found: &FunctionConfiguration) -> Option<Value> {
    let logging = found.logging_config()?;
    let mut object = Object::default();
    object
        .set("LogFormat", logging.log_format().map(|format| format.as_str()))
        .set("ApplicationLogLevel", logging.application_log_level().map(|level| level.as_str()))
        .set("SystemLogLevel", logging.system_log_level().map(|level| level.as_str()))
        .set("LogGroup", logging.log_group());
    object.non_empty()
}

fn file_systems(found: &FunctionConfiguration) -> Option<Value> {
    let one = |system: &FileSystemConfig| {
        let mut object = Object::default();
        object.set("Arn", Some(system.arn())).set("LocalMountPath", Some(system.local_mount_path()));
        if let Some(read) = system.s3_files_config().and_then(|files| files.direct_s3_read()) {
            object.set("S3FilesConfig", Some(json!({"DirectS3Read": read.as_str()})));
        }
        Value::Object(object.0)
    };
    let systems: Vec<Value> = found.file_system_configs().iter().map(one).collect();
    (!systems.is_empty()).then_some(Value::Array(systems))
}

fn image(found: &FunctionConfiguration) -> Option<Value> {
    let image = found.image_config_response()?.image_config()?;
    let mut object = Object::default();
    object
        .set("EntryPoint", list(image.entry_point()))
        .set("Command", list(image.command()))
        .set("WorkingDirectory", image.working_directory());
    object.non_empty()
}

fn durable(found: &FunctionConfiguration) -> Option<Value> {
    let durable = found.durable_config()?;
    let mut object = Object::default();
    object
        .set("ExecutionTimeout", durable.execution_timeout())
        .set("RetentionPeriodInDays", durable.retention_period_in_days())
        .set("KMSKeyArn", durable.kms_key_arn());
    object.non_empty()
}

fn capacity(found: &FunctionConfiguration) -> Option<Value> {
    let capacity = found.capacity_provider_config()?.lambda_managed_instances_capacity_provider_config()?;
    let mut object = Object::default();
    object
        .set("CapacityProviderArn", Some(capacity.capacity_provider_arn()))
        .set("PerExecutionEnvironmentMaxConcurrency", capacity.per_execution_environment_max_concurrency())
        .set("ExecutionEnvironmentMemoryGiBPerVCpu", capacity.execution_environment_memory_gib_per_v_cpu());
    object.non_empty().map(|object| json!({"LambdaManagedInstancesCapacityProviderConfig": object}))
}

/// GetFunctionConfiguration's answer as an entry of ListFunctions: the SDK has two structures for the same members.
pub fn same(output: GetFunctionConfigurationOutput) -> FunctionConfiguration {
    FunctionConfiguration::builder()
        .set_function_name(output.function_name)
        .set_function_arn(output.function_arn)
        .set_runtime(output.runtime)
        .set_role(output.role)
        .set_handler(output.handler)
        .set_description(output.description)
        .set_timeout(output.timeout)
        .set_memory_size(output.memory_size)
        .set_last_modified(output.last_modified)
        .set_code_sha256(output.code_sha256)
        .set_vpc_config(output.vpc_config)
        .set_dead_letter_config(output.dead_letter_config)
        .set_environment(output.environment)
        .set_kms_key_arn(output.kms_key_arn)
        .set_tracing_config(output.tracing_config)
        .set_revision_id(output.revision_id)
        .set_layers(output.layers)
        .set_state(output.state)
        .set_state_reason(output.state_reason)
        .set_last_update_status(output.last_update_status)
        .set_last_update_status_reason(output.last_update_status_reason)
        .set_file_system_configs(output.file_system_configs)
        .set_package_type(output.package_type)
        .set_image_config_response(output.image_config_response)
        .set_architectures(output.architectures)
        .set_ephemeral_storage(output.ephemeral_storage)
        .set_snap_start(output.snap_start)
        .set_logging_config(output.logging_config)
        .set_tenancy_config(output.tenancy_config)
        .set_capacity_provider_config(output.capacity_provider_config)
        .set_durable_config(output.durable_config)
        .build()
}

/// The SDK's request of an UpdateFunctionConfiguration.
pub fn update(
    request: UpdateFunctionConfigurationFluentBuilder,
    input: &Input<'_>,
) -> Result<UpdateFunctionConfigurationFluentBuilder, BuildError> {
    let vpc = input.value("VpcConfig").map(|_| {
        VpcConfig::builder()
            .set_subnet_ids(input.texts("/VpcConfig/SubnetIds"))
            .set_security_group_ids(input.texts("/VpcConfig/SecurityGroupIds"))
            .set_ipv6_allowed_for_dual_stack(input.flag("/VpcConfig/Ipv6AllowedForDualStack"))
            .build()
    });
    let logging = input.value("LoggingConfig").map(|_| {
        LoggingConfig::builder()
            .set_log_format(input.text("/LoggingConfig/LogFormat").map(|name| name.as_str().into()))
            .set_application_log_level(
                input.text("/LoggingConfig/ApplicationLogLevel").map(|name| name.as_str().into()),
            )
            .set_system_log_level(input.text("/LoggingConfig/SystemLogLevel").map(|name| name.as_str().into()))
            .set_log_group(input.text("/LoggingConfig/LogGroup"))
            .build()
    });
    let image = input.value("ImageConfig").map(|_| {
        ImageConfig::builder()
            .set_entry_point(input.texts("/ImageConfig/EntryPoint"))
            .set_command(input.texts("/ImageConfig/Command"))
            .set_working_directory(input.text("/ImageConfig/WorkingDirectory"))
            .build()
    });
    let environment = input.value("Environment").map(|_| {
        let variables = input.value("/Environment/Variables").and_then(Value::as_object).into_iter().flatten();
        let variables = variables.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        Environment::builder().set_variables(Some(variables.collect())).build()
    });
    let dead_letter = input.text("/DeadLetterConfig/TargetArn");
    let tracing = input.text("/TracingConfig/Mode").map(|mode| mode.as_str().into());
    let snap_start = input.text("/SnapStart/ApplyOn").map(|apply_on| apply_on.as_str().into());
    let storage = input
        .value("EphemeralStorage")
        .map(|_| EphemeralStorage::builder().set_size(input.integer("/EphemeralStorage/Size")).build());
    Ok(request
        .set_function_name(input.text("FunctionName"))
        .set_revision_id(input.text("RevisionId"))
        .set_runtime(input.text("Runtime").map(|name| name.as_str().into()))
        .set_role(input.text("Role"))
        .set_handler(input.text("Handler"))
        .set_description(input.text("Description"))
        .set_timeout(input.integer("Timeout"))
        .set_memory_size(input.integer("MemorySize"))
        .set_environment(environment)
        .set_kms_key_arn(input.text("KMSKeyArn"))
        .set_layers(input.texts("Layers"))
        .set_tracing_config(tracing.map(|mode| TracingConfig::builder().mode(mode).build()))
        .set_dead_letter_config(dead_letter.map(|arn| DeadLetterConfig::builder().target_arn(arn).build()))
        .set_snap_start(snap_start.map(|apply_on| SnapStart::builder().apply_on(apply_on).build()))
        .set_ephemeral_storage(storage.transpose()?)
        .set_file_system_configs(mounts(input).transpose()?)
        .set_vpc_config(vpc)
        .set_logging_config(logging)
        .set_image_config(image))
}

fn mounts(input: &Input<'_>) -> Option<Result<Vec<FileSystemConfig>, BuildError>> {
    let text = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let one = |system: &Value| {
        let read = text(system, "/S3FilesConfig/DirectS3Read").map(|read| DirectS3Read::from(read.as_str()));
        FileSystemConfig::builder()
            .set_arn(text(system, "/Arn"))
            .set_local_mount_path(text(system, "/LocalMountPath"))
            .set_s3_files_config(read.map(|read| S3FilesConfig::builder().direct_s3_read(read).build()))
            .build()
    };
    Some(input.value("FileSystemConfigs")?.as_array()?.iter().map(one).collect())
}
