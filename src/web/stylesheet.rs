//! The app's stylesheet as it is sent: the parts that it imports stand in it, each in its layer. A
//! browser would otherwise ask for every part by itself, and small files compress badly. The build
//! script compresses the same text, so this file stands alone.

/// What is written on a line that imports a part.
const IMPORT: (&str, &str) = ("@import url(\"/", "\") layer(");

/// The sheet with its parts in place of its imports; `read` gives a part by its name. Nothing if a
/// part is not there, for a page without some of its rules is worse than one without them all.
pub(crate) fn joined(sheet: &str, read: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut whole = String::with_capacity(sheet.len() * 16);
    for line in sheet.lines() {
        let import = line.strip_prefix(IMPORT.0).and_then(|rest| rest.split_once(IMPORT.1));
        let import = import.and_then(|(name, rest)| Some((name, rest.strip_suffix(");")?)));
        if let Some((name, layer)) = import {
            whole.extend(["@layer ", layer, " {\n", &read(name)?, "}\n"]);
        } else {
            whole.extend([line, "\n"]);
        }
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn parts_stand_in_their_layers_where_they_were_imported() {
        let sheet = "/* One. */\n@layer base, parts;\n@import url(\"/css/a.css\") layer(base);\n";
        let read = |name: &str| (name == "css/a.css").then(|| "p { margin: 0; }\n".to_owned());
        assert_eq!(
            joined(sheet, read).unwrap(),
            "/* One. */\n@layer base, parts;\n@layer base {\np { margin: 0; }\n}\n"
        );
        assert_eq!(joined(sheet, |_| None), None);
    }
}
