//! What a request of the Open Inference Protocol says besides its tensors.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::submission::{Foreign, HERE_BYTES_MAX};
use crate::compute::compute;
use crate::error::{Error, Result};
use crate::ml::schema::Schema;

/// The id of a request, and the outputs it wants.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    pub(super) id: Option<String>,
    /// By name, in this order; all of them if none is named.
    pub(super) outputs: Vec<String>,
}

impl Wishes {
    /// What this request says.
    pub(super) async fn of(sent: Foreign) -> Result<(Foreign, Self)> {
        let is_small = sent.upload.size_bytes <= HERE_BYTES_MAX;
        let read = move || {
            let wishes = sent.upload.bytes().map(Self::read).transpose()?;
            Ok((sent, wishes.unwrap_or_default()))
        };
        if is_small { read() } else { compute(read).await }
    }

    /// Passes over the tensors without building them. What is no JSON of the protocol is told by
    /// whoever reads the rows.
    fn read(body: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Head<'a> {
            #[serde(borrow)]
            id: Option<&'a RawValue>,
            #[serde(borrow)]
            outputs: Option<&'a RawValue>,
        }
        #[derive(Deserialize)]
        struct Output {
            name: String,
        }
        let Ok(head) = serde_json::from_slice::<Head<'_>>(body) else { return Ok(Self::default()) };
        let id = head.id.map(|id| serde_json::from_str(id.get())).transpose();
        let id = id.map_err(|_| Error::invalid("id", "wrong_type", "must be a text"))?;
        let outputs = head.outputs.map(|list| serde_json::from_str::<Vec<Output>>(list.get()));
        let outputs = outputs.transpose().map_err(|_| {
            Error::invalid("outputs", "wrong_type", "must be a list of objects with a name")
        })?;
        let outputs = outputs.into_iter().flatten().map(|output| output.name).collect();
        Ok(Self { id, outputs })
    }

    /// Refuses outputs that a model does not have, before anything is predicted; and one that is
    /// wanted again, for every mention would be all of its numbers once more.
    pub(super) fn check(&self, schema: &Schema) -> Result<()> {
        let known: Vec<_> = schema.outputs.iter().map(|output| output.name).collect();
        let mut left = known.clone();
        for name in &self.outputs {
            if let Some(at) = left.iter().position(|known| known == name) {
                left.remove(at);
            } else if known.contains(&name.as_str()) {
                let message = format!("has {name} more than once; name each output once");
                return Err(Error::invalid("outputs", "repeated", message));
            } else {
                let known = known.join(", ");
                let message = format!("has {name}, which is no output; the outputs are {known}");
                return Err(Error::invalid("outputs", "unknown_value", message));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_besides_the_tensors_is_found() {
        let read = |body: &str| Wishes::read(body.as_bytes()).map_err(|error| error.to_string());
        let wishes = |id: Option<&str>, outputs: &[&str]| {
            let outputs = outputs.iter().map(|name| (*name).to_owned()).collect();
            Ok(Wishes { id: id.map(str::to_owned), outputs })
        };
        assert_eq!(read(r#"{"inputs": [{}], "id": "7\u0041"}"#), wishes(Some("7A"), &[]));
        assert_eq!(read(r#"{"id": null, "outputs": []}"#), wishes(None, &[]));
        let body = r#"{"outputs": [{"name": "b", "parameters": {}}, {"name": "a"}]}"#;
        assert_eq!(read(body), wishes(None, &["b", "a"]));
        for (body, field) in [
            (r#"{"id": 5}"#, "id "),
            (r#"{"outputs": {"name": "a"}}"#, "outputs "),
            (r#"{"outputs": ["a"]}"#, "outputs "),
        ] {
            assert!(read(body).unwrap_err().starts_with(field), "{body}");
        }
        assert_eq!(read("[]"), wishes(None, &[]));
        assert_eq!(read("{"), wishes(None, &[]));
    }
}
