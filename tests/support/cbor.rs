//! Smithy RPC v2 CBOR (<https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>), as much as the tests need: what
//! a request says as JSON, and an error as the protocol has it.

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Number, Value};

/// Whether a message is of this protocol.
pub fn is_spoken(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|kind| kind.starts_with("application/cbor"))
}

/// A body as JSON.
pub fn read(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    value(&mut Decoder::new(body)).map_err(|error| format!("its body is not CBOR: {error}"))
}

/// The body of an error.
pub fn error(code: &str, message: &str) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    let written = encoder.map(2).and_then(|encoder| encoder.str("__type")?.str(code)?.str("message")?.str(message));
    written.expect("a vector takes everything");
    encoder.into_writer()
}

fn value(decoder: &mut Decoder<'_>) -> Result<Value, minicbor::decode::Error> {
    Ok(match decoder.datatype()? {
        Type::Bool => decoder.bool()?.into(),
        Type::Null | Type::Undefined => {
            decoder.skip()?;
            Value::Null
        }
        Type::F16 | Type::F32 | Type::F64 => Number::from_f64(decoder.f64()?).map_or(Value::Null, Value::Number),
        Type::String => decoder.str()?.into(),
        Type::Array | Type::ArrayIndef => {
            let length = decoder.array()?;
            let mut items = Vec::new();
            while more(decoder, length, items.len())? {
                items.push(value(decoder)?);
            }
            items.into()
        }
        Type::Map | Type::MapIndef => {
            let length = decoder.map()?;
            let (mut members, mut count) = (Map::new(), 0);
            while more(decoder, length, count)? {
                members.insert(decoder.str()?.to_owned(), value(decoder)?);
                count += 1;
            }
            members.into()
        }
        Type::Tag => {
            decoder.tag()?;
            value(decoder)?
        }
        _ => decoder.i64()?.into(),
    })
}

/// Whether another item follows; one without a length has an end of its own, which is taken.
fn more(decoder: &mut Decoder<'_>, length: Option<u64>, taken: usize) -> Result<bool, minicbor::decode::Error> {
    match length {
        Some(length) => Ok((taken as u64) < length),
        None if decoder.datatype()? == Type::Break => decoder.skip().map(|()| false),
        None => Ok(true),
    }
}
