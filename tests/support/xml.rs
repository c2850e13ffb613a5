//! Reads the XML that AWS's SDKs write: elements, attributes and text, without comments, processing or types of documents.

/// An element.
#[derive(Debug, Default)]
pub struct Element {
    /// Its name, as it is written.
    pub name: String,
    /// Its text, without that of its children.
    pub text: String,
    /// What stands in it.
    pub children: Vec<Self>,
}

impl Element {
    /// The root of a document.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.trim_start();
        if rest.starts_with("<?") {
            rest = rest.split_once("?>").ok_or("its XML has a declaration without an end")?.1;
        }
        let mut open: Vec<Self> = vec![Self::default()];
        while let Some((before, after)) = rest.split_once('<') {
            let (tag, next) =
                after.split_once('>').ok_or_else(|| format!("its XML has a tag without an end: {text}"))?;
            rest = next;
            let current = open.last_mut().ok_or("its XML closes more than it opens")?;
            current.text.push_str(&plain(before));
            if let Some(name) = tag.strip_prefix('/') {
                let closed = open.pop().ok_or("its XML closes more than it opens")?;
                if closed.name != name.trim() {
                    return Err(format!("its XML closes {} by {tag}", closed.name));
                }
                open.last_mut().ok_or("its XML closes more than it opens")?.children.push(closed);
                continue;
            }
            let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let name = tag.split_whitespace().next().unwrap_or_default().to_owned();
            let element = Self { name, ..Self::default() };
            if empty { current.children.push(element) } else { open.push(element) }
        }
        match (open.len(), open.pop().and_then(|mut root| root.children.pop())) {
            (1, Some(root)) => Ok(root),
            _ => Err(format!("its body is no XML: {text}")),
        }
    }

    /// The children of a name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

fn plain(text: &str) -> String {
    let mut plain = text.to_owned();
    for (written, meant) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")]
    {
        plain = plain.replace(written, meant);
    }
    plain
}
