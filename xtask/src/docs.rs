//! The reference of the programs' accounts, instructions, events and errors, written from their IDLs to `docs/`, and the
//! page of planted bugs.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anchor_lang_idl::types::{
    Idl, IdlArrayLen, IdlDefinedFields, IdlField, IdlInstruction, IdlInstructionAccount,
    IdlInstructionAccountItem, IdlPda, IdlRepr, IdlSeed, IdlSerialization, IdlType, IdlTypeDef,
    IdlTypeDefTy,
};
use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::{planted, workspace};

/// A generated page: its file in `docs/`, what stands at its top, and what it says of one program.
struct Page {
    file: &'static str,
    intro: &'static str,
    section: fn(&Idl) -> Result<String>,
}

const PAGES: [Page; 4] = [
    Page {
        file: "accounts.md",
        intro: "# Accounts

Every account of the programs, byte by byte. Offsets count from the start of the account's data, so the first 8 bytes
are the discriminator. Numbers are little-endian. A `pubkey` is 32 bytes; an `option` is one byte, 0 or 1, and after a 1
the value; a `vec` and a `string` are their length (u32) and the elements; an enum without fields is one byte, the number
of its variant. Where a field has no fixed size, nothing behind it has a fixed offset.
",
        section: accounts,
    },
    Page {
        file: "instructions.md",
        intro: "# Instructions

Every instruction of the programs. Its data is its discriminator (8 bytes), then its arguments in Borsh. Its accounts are
passed in the order of the table. For an optional account that is not there, the program's own address is passed. Who pays
the transaction's fee signs as well, but need not be one of the signers named here.

`event_authority` and `program` stand last. Through them the program calls itself to write its event into the
transaction: `event_authority` is the address `[\"__event_authority\"]` of the program, `program` the program itself.
",
        section: instructions,
    },
    Page {
        file: "events.md",
        intro: "# Events

Every event of the programs, as an inner instruction to the program itself: the tag `e4 45 a5 2e 51 cb 9a 1d` (Anchor's
`emit_cpi!`), the event's discriminator (8 bytes), then the fields in Borsh, in the order of the table. Such an
instruction is genuine only if the program's `event_authority` signed it; the program refuses any other.
",
        section: events,
    },
    Page {
        file: "errors.md",
        intro: "# Errors

Every error of the programs by its number, as a failed transaction shows it: `custom program error: 0x1770` is 6000.
Numbers from 100 to 5999 are Anchor's own (<https://docs.rs/anchor-lang/latest/anchor_lang/error/enum.ErrorCode.html>).
Smaller ones come from a program that was called, such as the token program: the log names it.
",
        section: errors,
    },
];

/// Writes the generated pages of `docs/` or, with `check`, fails where what is committed is not what the IDLs and the
/// planted bugs say.
pub fn docs(check: bool) -> Result<()> {
    let idls = workspace::programs()?
        .iter()
        .map(|program| read_idl(&format!("idls/{}.json", program.listed.library)))
        .collect::<Result<Vec<_>>>()?;
    let mut texts = Vec::new();
    for page in &PAGES {
        let name = format!("docs/{}", page.file);
        let text = render(page, &idls).with_context(|| format!("cannot write {name}"))?;
        texts.push((name, text));
    }
    texts.push(("docs/planted-bugs.md".to_owned(), planted::page()?));
    let mut drifted = Vec::new();
    for (name, text) in texts {
        let path = workspace::root().join(&name);
        if !check {
            workspace::replace(&path, text.as_bytes())?;
            eprintln!("{name}");
        } else if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            drifted.push(name);
        }
    }
    ensure!(
        drifted.is_empty(),
        "{}: not what their sources say: run `cargo xtask docs` and commit the result",
        drifted.join(", ")
    );
    Ok(())
}

fn read_idl(name: &str) -> Result<Idl> {
    let path: &Path = &workspace::root().join(name);
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read {name}: `cargo xtask idl` writes it"))?;
    serde_json::from_str(&text)
        .with_context(|| format!("{name} is not an IDL: `cargo xtask idl` writes it anew"))
}

fn render(page: &Page, idls: &[Idl]) -> Result<String> {
    let mut out = page.intro.to_owned();
    out.push_str("\nGenerated from `idls/` by `cargo xtask docs`. Change the sources' doc comments, not this page.\n");
    for idl in idls {
        let name = idl.metadata.name.replace('_', "-");
        write!(out, "\n## {name}\n\nProgram `{}`.\n", idl.address)?;
        out.push_str(&(page.section)(idl).with_context(|| format!("in the IDL of {name}"))?);
    }
    Ok(out)
}

fn accounts(idl: &Idl) -> Result<String> {
    let mut out = String::new();
    let mut used = BTreeSet::new();
    for account in &idl.accounts {
        let definition = find_type(idl, &account.name)?;
        let fields = named_fields(definition)?;
        check_layout(definition)?;
        heading(&mut out, &account.name, &definition.docs)?;
        let mut rows = vec![[
            "0".to_owned(),
            "8".to_owned(),
            "discriminator".to_owned(),
            String::new(),
            code(&hex(&account.discriminator)),
        ]];
        // Borsh never pads, and bytemuck's `Pod` refuses a struct that would: each field follows the one before.
        let mut offset = Some(8_usize);
        layout(idl, "", fields, &mut offset, &mut rows, &mut used)?;
        table(
            &mut out,
            ["Offset", "Size", "Field", "Type", "Meaning"],
            &rows,
        )?;
        match offset {
            Some(end) => write!(out, "\n{end} bytes in all.\n")?,
            None => out.push_str(
                "\nWhat it holds has no fixed size; the account may have room to spare.\n",
            ),
        }
    }
    types(&mut out, idl, used)?;
    Ok(out)
}

/// A row for each field, from `offset` on. A struct inside a zero-copy account has its own fields in the place of one row.
fn layout(
    idl: &Idl,
    prefix: &str,
    fields: &[IdlField],
    offset: &mut Option<usize>,
    rows: &mut Vec<[String; 5]>,
    used: &mut BTreeSet<String>,
) -> Result<()> {
    for field in fields {
        let name = format!("{prefix}{}", field.name);
        if let IdlType::Defined { name: inner, .. } = &field.ty {
            let definition = find_type(idl, inner)?;
            if definition.serialization == IdlSerialization::Bytemuck {
                check_layout(definition)?;
                let fields = named_fields(definition)?;
                layout(idl, &format!("{name}."), fields, offset, rows, used)?;
                continue;
            }
        }
        let size = size(idl, &field.ty)?;
        rows.push([
            offset.map_or_else(|| "–".to_owned(), |offset| offset.to_string()),
            size.map_or_else(|| "varies".to_owned(), |size| size.to_string()),
            code(&name),
            code(&type_name(&field.ty)?),
            cell(&field.docs),
        ]);
        *offset = offset.zip(size).map(|(offset, size)| offset + size);
        defined(&field.ty, used);
    }
    Ok(())
}

fn instructions(idl: &Idl) -> Result<String> {
    let mut out = String::new();
    let mut used = BTreeSet::new();
    for instruction in &idl.instructions {
        heading(&mut out, &instruction.name, &instruction.docs)?;
        let accounts = single_accounts(instruction)?;
        let signers: Vec<_> = accounts
            .iter()
            .filter(|account| account.signer)
            .map(|account| code(&account.name))
            .collect();
        let signers = match signers.as_slice() {
            [] => "nobody but who pays the fee".to_owned(),
            [one] => one.clone(),
            [most @ .., last] => format!("{} and {last}", most.join(", ")),
        };
        write!(
            out,
            "\nSigned by {signers}. Discriminator `{}`.\n",
            hex(&instruction.discriminator)
        )?;
        let rows: Vec<_> = accounts
            .iter()
            .map(|account| {
                Ok([
                    code(&account.name),
                    yes(account.signer),
                    yes(account.writable),
                    account_meaning(account)?,
                ])
            })
            .collect::<Result<_>>()?;
        table(&mut out, ["Account", "Signs", "Writable", "Meaning"], &rows)?;
        if instruction.args.is_empty() {
            out.push_str("\nNo arguments.\n");
        } else {
            let rows = field_rows(&instruction.args, &mut used)?;
            table(&mut out, ["Argument", "Type", "Meaning"], &rows)?;
        }
    }
    types(&mut out, idl, used)?;
    Ok(out)
}

fn events(idl: &Idl) -> Result<String> {
    let mut out = String::new();
    let mut used = BTreeSet::new();
    for event in &idl.events {
        let definition = find_type(idl, &event.name)?;
        heading(&mut out, &event.name, &definition.docs)?;
        write!(out, "\nDiscriminator `{}`.\n", hex(&event.discriminator))?;
        let rows = field_rows(named_fields(definition)?, &mut used)?;
        table(&mut out, ["Field", "Type", "Meaning"], &rows)?;
    }
    types(&mut out, idl, used)?;
    Ok(out)
}

fn errors(idl: &Idl) -> Result<String> {
    let mut rows = Vec::new();
    for error in &idl.errors {
        let message = error
            .msg
            .as_ref()
            .with_context(|| format!("error {} has no message: give it a #[msg]", error.name))?;
        rows.push([
            error.code.to_string(),
            format!("{:#x}", error.code),
            code(&error.name),
            escape(message),
        ]);
    }
    let mut out = String::new();
    table(&mut out, ["Number", "In hex", "Name", "Message"], &rows)?;
    Ok(out)
}

/// The types named by fields before, and those that they name in turn, by name.
fn types(out: &mut String, idl: &Idl, mut used: BTreeSet<String>) -> Result<()> {
    let mut written = BTreeSet::new();
    let mut sections = Vec::new();
    while let Some(name) = used.pop_first() {
        if !written.insert(name.clone()) {
            continue;
        }
        let definition = find_type(idl, &name)?;
        let mut section = String::new();
        heading(&mut section, &format!("Type {name}"), &definition.docs)?;
        match &definition.ty {
            IdlTypeDefTy::Enum { variants } => {
                let rows: Vec<_> = variants
                    .iter()
                    .enumerate()
                    .map(|(number, variant)| {
                        let value = match &variant.fields {
                            None => String::new(),
                            Some(IdlDefinedFields::Tuple(types)) => {
                                types.iter().for_each(|ty| defined(ty, &mut used));
                                let names: Vec<_> =
                                    types.iter().map(type_name).collect::<Result<_>>()?;
                                code(&names.join(", "))
                            }
                            Some(IdlDefinedFields::Named(_)) => bail!(
                                "variant {}::{} has named fields: teach xtask/src/docs.rs to describe them",
                                name,
                                variant.name
                            ),
                        };
                        Ok([number.to_string(), code(&variant.name), value])
                    })
                    .collect::<Result<_>>()?;
                if rows.iter().all(|[_, _, value]| value.is_empty()) {
                    let rows: Vec<_> = rows.into_iter().map(|[n, v, _]| [n, v]).collect();
                    table(&mut section, ["Byte", "Variant"], &rows)?;
                } else {
                    table(&mut section, ["Byte", "Variant", "Then"], &rows)?;
                }
            }
            _ => {
                let rows = field_rows(named_fields(definition)?, &mut used)?;
                table(&mut section, ["Field", "Type", "Meaning"], &rows)?;
            }
        }
        sections.push((name, section));
    }
    sections.sort();
    for (_, section) in sections {
        out.push_str(&section);
    }
    Ok(())
}

fn find_type<'a>(idl: &'a Idl, name: &str) -> Result<&'a IdlTypeDef> {
    idl.types
        .iter()
        .find(|definition| definition.name == name)
        .with_context(|| format!("it names type {name} and does not define it"))
}

fn named_fields(definition: &IdlTypeDef) -> Result<&[IdlField]> {
    match &definition.ty {
        IdlTypeDefTy::Struct {
            fields: Some(IdlDefinedFields::Named(fields)),
        } => Ok(fields),
        _ => bail!(
            "type {} has no named fields: teach xtask/src/docs.rs to describe it",
            definition.name
        ),
    }
}

/// Refuses a layout whose offsets are not plain sums.
fn check_layout(definition: &IdlTypeDef) -> Result<()> {
    let plain = match &definition.serialization {
        IdlSerialization::Borsh => true,
        IdlSerialization::Bytemuck => match &definition.repr {
            Some(IdlRepr::C(modifier)) => modifier.align.is_none(),
            _ => false,
        },
        _ => false,
    };
    ensure!(
        plain,
        "type {} is neither Borsh nor a repr(C) of bytemuck: teach xtask/src/docs.rs its layout",
        definition.name
    );
    Ok(())
}

/// Bytes of a type; none where they depend on the value.
fn size(idl: &Idl, ty: &IdlType) -> Result<Option<usize>> {
    Ok(match ty {
        IdlType::Bool | IdlType::U8 | IdlType::I8 => Some(1),
        IdlType::U16 | IdlType::I16 => Some(2),
        IdlType::U32 | IdlType::I32 | IdlType::F32 => Some(4),
        IdlType::U64 | IdlType::I64 | IdlType::F64 => Some(8),
        IdlType::U128 | IdlType::I128 => Some(16),
        IdlType::U256 | IdlType::I256 | IdlType::Pubkey => Some(32),
        IdlType::Bytes | IdlType::String | IdlType::Option(_) | IdlType::Vec(_) => None,
        IdlType::Array(element, IdlArrayLen::Value(len)) => {
            size(idl, element)?.map(|size| size * len)
        }
        IdlType::Defined { name, .. } => {
            let definition = find_type(idl, name)?;
            match &definition.ty {
                IdlTypeDefTy::Enum { variants } => variants
                    .iter()
                    .all(|variant| variant.fields.is_none())
                    .then_some(1),
                _ => {
                    check_layout(definition)?;
                    let mut sum = Some(0);
                    for field in named_fields(definition)? {
                        let size = size(idl, &field.ty)?;
                        sum = sum.zip(size).map(|(sum, size)| sum + size);
                    }
                    sum
                }
            }
        }
        other => return Err(unknown(other)),
    })
}

fn type_name(ty: &IdlType) -> Result<String> {
    Ok(match ty {
        IdlType::Option(inner) => format!("option<{}>", type_name(inner)?),
        IdlType::Vec(inner) => format!("vec<{}>", type_name(inner)?),
        IdlType::Array(inner, IdlArrayLen::Value(len)) => format!("[{}; {len}]", type_name(inner)?),
        IdlType::Defined { name, generics } if generics.is_empty() => name.clone(),
        IdlType::Array(..) | IdlType::Defined { .. } | IdlType::Generic(_) => {
            return Err(unknown(ty));
        }
        // The IDL's own word: `u64`, `pubkey`.
        plain => match serde_json::to_value(plain)? {
            serde_json::Value::String(word) => word,
            _ => return Err(unknown(plain)),
        },
    })
}

fn unknown(ty: &IdlType) -> anyhow::Error {
    anyhow!("type {ty:?} is unknown here: teach xtask/src/docs.rs to describe it")
}

/// Adds the names of the defined types in a type.
fn defined(ty: &IdlType, names: &mut BTreeSet<String>) {
    match ty {
        IdlType::Option(inner) | IdlType::Vec(inner) | IdlType::Array(inner, _) => {
            defined(inner, names);
        }
        IdlType::Defined { name, .. } => {
            names.insert(name.clone());
        }
        _ => {}
    }
}

fn single_accounts(instruction: &IdlInstruction) -> Result<Vec<&IdlInstructionAccount>> {
    instruction
        .accounts
        .iter()
        .map(|item| match item {
            IdlInstructionAccountItem::Single(account) => Ok(account),
            IdlInstructionAccountItem::Composite(group) => bail!(
                "instruction {} has the account group {}: teach xtask/src/docs.rs to describe it",
                instruction.name,
                group.name
            ),
        })
        .collect()
}

fn account_meaning(account: &IdlInstructionAccount) -> Result<String> {
    let mut parts = Vec::new();
    if account.optional {
        parts.push("Optional.".to_owned());
    }
    // Anchor leaves the first line of a `CHECK:` comment out. What follows it starts in the middle of a sentence.
    let docs = cell(&account.docs);
    if !docs.is_empty() && !docs.starts_with(|first: char| first.is_ascii_lowercase()) {
        parts.push(docs);
    }
    if let Some(pda) = &account.pda {
        parts.push(format!("Address {}.", code(&seeds(pda)?)));
    }
    if let Some(address) = &account.address {
        parts.push(format!("Address {}.", code(address)));
    }
    if !account.relations.is_empty() {
        let names: Vec<_> = account.relations.iter().map(|name| code(name)).collect();
        let verb = if names.len() == 1 { "names" } else { "name" };
        parts.push(format!("The one that {} {verb}.", names.join(" and ")));
    }
    Ok(parts.join(" "))
}

fn seeds(pda: &IdlPda) -> Result<String> {
    let seeds: Vec<_> = pda
        .seeds
        .iter()
        .map(|seed| match seed {
            IdlSeed::Const(constant) => match std::str::from_utf8(&constant.value) {
                Ok(text) if text.chars().all(|c| c.is_ascii_graphic()) => Ok(format!("{text:?}")),
                _ => Ok(format!("0x{}", hex(&constant.value).replace(' ', ""))),
            },
            IdlSeed::Arg(arg) => Ok(arg.path.clone()),
            IdlSeed::Account(account) => Ok(account.path.clone()),
        })
        .collect::<Result<_>>()?;
    Ok(format!("[{}]", seeds.join(", ")))
}

fn field_rows(fields: &[IdlField], used: &mut BTreeSet<String>) -> Result<Vec<[String; 3]>> {
    fields
        .iter()
        .map(|field| {
            defined(&field.ty, used);
            Ok([
                code(&field.name),
                code(&type_name(&field.ty)?),
                cell(&field.docs),
            ])
        })
        .collect()
}

fn heading(out: &mut String, name: &str, docs: &[String]) -> Result<()> {
    write!(out, "\n### {name}\n")?;
    if !docs.is_empty() {
        write!(out, "\n{}\n", plain(&docs.join("\n")))?;
    }
    Ok(())
}

fn table<const N: usize>(out: &mut String, head: [&str; N], rows: &[[String; N]]) -> Result<()> {
    write!(out, "\n| {} |\n|{}\n", head.join(" | "), "---|".repeat(N))?;
    for row in rows {
        writeln!(out, "| {} |", row.join(" | "))?;
    }
    Ok(())
}

/// Doc comments as one cell of a table.
fn cell(docs: &[String]) -> String {
    let lines: Vec<_> = docs.iter().map(|line| line.trim()).collect();
    escape(plain(&lines.join(" ")).trim())
}

/// Doc comments without rustdoc's links, which lead nowhere here.
fn plain(text: &str) -> String {
    text.replace("[`", "`").replace("`]", "`")
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn yes(flag: bool) -> String {
    if flag { "yes" } else { "" }.to_owned()
}

fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node_rewards() -> Idl {
        read_idl("idls/node_rewards.json").unwrap()
    }

    /// The table row of a field under an account's heading.
    fn row<'a>(page: &'a str, account: &str, field: &str) -> &'a str {
        page.split_once(&format!("### {account}\n"))
            .unwrap()
            .1
            .lines()
            .find(|line| line.contains(&format!("| `{field}` |")))
            .unwrap()
    }

    /// The offsets that the layout tests beside the state structs pin, and 8 for the discriminator.
    #[test]
    fn offsets_are_those_of_the_programs() {
        let page = accounts(&node_rewards()).unwrap();
        assert!(row(&page, "Network", "publishers").starts_with("| 200 | 160 |"));
        assert!(row(&page, "Network", "vault_bump").starts_with("| 612 | 1 |"));
        assert!(row(&page, "ClaimPage", "counters").starts_with("| 48 | 4096 |"));
        assert!(row(&page, "Node", "kind").starts_with("| 169 | 1 |"));
        assert!(row(&page, "Epoch", "approvals").starts_with("| 204 | varies |"));
        assert!(page.contains("\n680 bytes in all.\n"));
    }

    #[test]
    fn a_struct_inside_an_account_is_shown_by_its_fields() {
        let field = |name: &str, ty: serde_json::Value| json!({ "name": name, "type": ty });
        let plain = |name: &str, fields: &[serde_json::Value]| {
            json!({
                "name": name,
                "serialization": "bytemuck",
                "repr": { "kind": "c" },
                "type": { "kind": "struct", "fields": fields },
            })
        };
        let inside = |name: &str| json!({ "defined": { "name": name } });
        let idl: Idl = serde_json::from_value(json!({
            "address": "11111111111111111111111111111111",
            "metadata": { "name": "p", "version": "0.1.0", "spec": "0.1.0" },
            "instructions": [],
            "accounts": [{ "name": "Hub", "discriminator": [1, 2, 3, 4, 5, 6, 7, 8] }],
            "types": [
                plain("Hub", &[
                    field("scope", inside("Scope")),
                    field("fee", json!("u64")),
                ]),
                plain("Scope", &[
                    field("version", json!("u8")),
                    field("name", json!({ "array": ["u8", 7] })),
                    field("authority", inside("Key")),
                ]),
                plain("Key", &[field("bytes", json!({ "array": ["u8", 32] }))]),
            ],
        }))
        .unwrap();
        let page = accounts(&idl).unwrap();
        assert!(row(&page, "Hub", "scope.version").starts_with("| 8 | 1 |"));
        assert!(row(&page, "Hub", "scope.name").starts_with("| 9 | 7 |"));
        assert!(row(&page, "Hub", "scope.authority.bytes").starts_with("| 16 | 32 |"));
        assert!(row(&page, "Hub", "fee").starts_with("| 48 | 8 |"));
        assert!(page.contains("\n56 bytes in all.\n"));
        assert!(!page.contains("Type Scope"));
    }

    #[test]
    fn nothing_has_an_offset_behind_a_field_without_a_size() {
        let mut idl = node_rewards();
        for definition in &mut idl.types {
            if let IdlTypeDefTy::Struct {
                fields: Some(IdlDefinedFields::Named(fields)),
            } = &mut definition.ty
                && definition.name == "Epoch"
            {
                fields.rotate_right(1);
            }
        }
        let page = accounts(&idl).unwrap();
        assert!(row(&page, "Epoch", "approvals").starts_with("| 8 | varies |"));
        assert!(row(&page, "Epoch", "network").starts_with("| – | 32 |"));
    }

    #[test]
    fn what_cannot_be_described_is_refused_by_name() {
        let mut idl = node_rewards();
        idl.types
            .retain(|definition| definition.name != "EpochStatus");
        let error = accounts(&idl).unwrap_err().to_string();
        assert!(error.contains("EpochStatus"), "{error}");

        let mut idl = node_rewards();
        let page = idl
            .types
            .iter_mut()
            .find(|definition| definition.name == "ClaimPage")
            .unwrap();
        page.serialization = IdlSerialization::BytemuckUnsafe;
        let error = accounts(&idl).unwrap_err().to_string();
        assert!(error.contains("ClaimPage"), "{error}");

        let mut idl = node_rewards();
        idl.errors[0].msg = None;
        let error = errors(&idl).unwrap_err().to_string();
        assert!(error.contains("NotAuthority"), "{error}");
    }

    #[test]
    fn instructions_name_signers_and_addresses() {
        let page = instructions(&node_rewards()).unwrap();
        assert!(page.contains("Signed by `payer`, `owner` and `device`."));
        assert!(page.contains("Signed by nobody but who pays the fee."));
        assert!(page.contains("Address `[\"claims\", network, page]`."));
        assert!(page.contains("### Type ClaimArgs\n"));
    }

    #[test]
    fn docs_lose_their_links_and_keep_their_table() {
        let docs = ["1 to [`MAX`] of".to_owned(), "a | b".to_owned()];
        assert_eq!(cell(&docs), "1 to `MAX` of a \\| b");
        assert_eq!(plain("`[\"network\", name]`"), "`[\"network\", name]`");
    }
}
