//! Circles among files: a file that imports another which, over however many files, imports it.
//!
//! What counts is where a name is defined, not the way it is reached: `use crate::roaming::X` leads to the file that
//! defines `X` where `roaming` only re-exports it, and a parent that re-exports a name of its own child does not import
//! it. Paths count wherever they stand: in `use`, code, macros and attributes. Three things do not count: code for tests
//! alone; what a method call or a trait reaches without naming it; and what a module's code names of its own children
//! without a `use`, as a dispatcher does. Packages cannot form circles: cargo refuses them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};

use crate::workspace;

/// The names that a file takes from each other file.
type Imports = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

/// Fails where files of a package import each other in a circle, and shows the names that tie it.
pub fn imports() -> Result<()> {
    let mut files = 0;
    let mut found = String::new();
    for member in workspace::members()? {
        for root in roots(&workspace::root().join(&member))? {
            let imports = Tree::read(&root)?.imports();
            files += imports.len();
            for circle in circles(&imports) {
                found.push_str(&shown(&circle, &imports));
            }
        }
    }
    ensure!(
        found.is_empty(),
        "files import each other in a circle:\n{found}"
    );
    eprintln!("no circle among {files} files");
    Ok(())
}

/// The files of a package that cargo begins with.
fn roots(package: &Path) -> Result<Vec<PathBuf>> {
    let source = package.join("src");
    let mut roots = vec![source.join("lib.rs"), source.join("main.rs")];
    roots.retain(|root| root.is_file());
    let bins = source.join("bin");
    if bins.is_dir() {
        for entry in
            fs::read_dir(&bins).with_context(|| format!("cannot read {}", bins.display()))?
        {
            roots.push(entry?.path());
        }
    }
    roots.sort();
    Ok(roots)
}

/// The modules of a crate. The first is its root.
struct Tree {
    modules: Vec<Module>,
}

struct Module {
    parent: usize,
    file: PathBuf,
    /// The folder of its children's files.
    folder: PathBuf,
    children: BTreeMap<String, usize>,
    /// What it defines.
    items: BTreeSet<String>,
    /// What it imports: a name, and the path that it stands for.
    bindings: BTreeMap<String, Vec<Vec<String>>>,
    /// Modules of which it imports everything.
    globs: Vec<Vec<String>>,
    /// What it imports and does not merely hand on.
    imports: BTreeSet<Vec<String>>,
    /// Every path that its code names.
    paths: BTreeSet<Vec<String>>,
}

/// What a path leads to.
#[derive(Clone)]
enum Target {
    Module(usize),
    /// A name that this module defines.
    Item(usize, String),
}

impl Tree {
    /// Reads a crate from its root file.
    fn read(root: &Path) -> Result<Self> {
        let folder = root.parent().unwrap_or(root).to_owned();
        let mut tree = Self {
            modules: Vec::new(),
        };
        tree.add(0, root.to_owned(), folder);
        let mut pending = vec![0];
        while let Some(module) = pending.pop() {
            let path = tree.modules[module].file.clone();
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let file = syn::parse_file(&text)
                .with_context(|| format!("{} is not Rust", path.display()))?;
            let mut reader = Reader {
                tree: &mut tree,
                module,
                declared: Vec::new(),
            };
            reader.visit_file(&file);
            for (parent, name, place) in reader.declared {
                let folder = tree.modules[parent].folder.clone();
                let places = match place {
                    Some(place) => vec![path.with_file_name(place)],
                    None => vec![
                        folder.join(format!("{name}.rs")),
                        folder.join(&name).join("mod.rs"),
                    ],
                };
                let file = places.into_iter().find(|place| place.is_file());
                let file =
                    file.with_context(|| format!("{}: no file for mod {name}", path.display()))?;
                let child = tree.add(parent, file, folder.join(&name));
                tree.modules[parent].children.insert(name, child);
                pending.push(child);
            }
        }
        Ok(tree)
    }

    fn add(&mut self, parent: usize, file: PathBuf, folder: PathBuf) -> usize {
        self.modules.push(Module {
            parent,
            file,
            folder,
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            bindings: BTreeMap::new(),
            globs: Vec::new(),
            imports: BTreeSet::new(),
            paths: BTreeSet::new(),
        });
        self.modules.len() - 1
    }

    fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (number, module) in self.modules.iter().enumerate() {
            let of_file = imports.entry(module.file.clone()).or_default();
            let item = |path: &Vec<String>| {
                match self.resolve(number, path, &mut BTreeSet::new())? {
                    Target::Item(owner, name) => Some((owner, name)),
                    // Whatever is used of it is a path of its own.
                    Target::Module(_) => None,
                }
            };
            let imported = module.imports.iter().filter_map(item);
            let named = module.paths.iter().filter_map(item);
            let named = named.filter(|(owner, _)| !self.declares(number, *owner));
            let globs = module.globs.iter().filter_map(|path| {
                match self.resolve(number, path, &mut BTreeSet::new())? {
                    Target::Module(owner) if !self.declares(number, owner) => {
                        (!self.modules[owner].items.is_empty()).then(|| (owner, "*".to_owned()))
                    }
                    _ => None,
                }
            });
            for (owner, name) in imported.chain(named).chain(globs) {
                let file = &self.modules[owner].file;
                if *file != module.file {
                    of_file.entry(file.clone()).or_default().insert(name);
                }
            }
        }
        imports
    }

    /// Whether a module stands, at whatever depth, below another.
    fn declares(&self, parent: usize, module: usize) -> bool {
        let mut above = module;
        while above != 0 {
            above = self.modules[above].parent;
            if above == parent {
                return true;
            }
        }
        false
    }

    /// What a path leads to, from this module. None where it leads out of the crate. `seen` ends circles of re-exports.
    fn resolve(
        &self,
        module: usize,
        path: &[String],
        seen: &mut BTreeSet<(usize, String)>,
    ) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        let mut target = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(module),
            "super" => Target::Module(self.modules[module].parent),
            name => self.lookup(module, name, seen)?,
        };
        for name in rest {
            let Target::Module(inner) = target else {
                break;
            };
            target = match name.as_str() {
                "self" => Target::Module(inner),
                "super" => Target::Module(self.modules[inner].parent),
                name => match self.lookup(inner, name, seen) {
                    Some(found) => found,
                    // `crate::ID` and the like are made by macros, for the crate and not for a file.
                    None if inner == 0 => return None,
                    // Whatever else is not seen to be defined is made by a macro there.
                    None => Target::Item(inner, name.to_owned()),
                },
            };
        }
        Some(target)
    }

    /// What a name stands for in a module.
    fn lookup(
        &self,
        module: usize,
        name: &str,
        seen: &mut BTreeSet<(usize, String)>,
    ) -> Option<Target> {
        let here = &self.modules[module];
        if here.items.contains(name) {
            return Some(Target::Item(module, name.to_owned()));
        }
        if let Some(child) = here.children.get(name) {
            return Some(Target::Module(*child));
        }
        if !seen.insert((module, name.to_owned())) {
            return None;
        }
        let bound = here.bindings.get(name).into_iter().flatten();
        let found = bound
            .filter_map(|path| self.resolve(module, path, seen))
            .next();
        found.or_else(|| {
            here.globs.iter().find_map(|path| {
                match self.resolve(module, path, &mut seen.clone())? {
                    Target::Module(other) if other != module => self.lookup(other, name, seen),
                    _ => None,
                }
            })
        })
    }
}

/// Reads one file into the tree.
struct Reader<'a> {
    tree: &'a mut Tree,
    /// The module under way.
    module: usize,
    /// Modules in files of their own: where they are declared, their name, and their file where `#[path]` names it.
    declared: Vec<(usize, String, Option<String>)>,
}

impl Reader<'_> {
    fn here(&mut self) -> &mut Module {
        &mut self.tree.modules[self.module]
    }

    fn read_mod(&mut self, item: &syn::ItemMod) {
        let name = item.ident.unraw().to_string();
        let Some((_, items)) = &item.content else {
            self.declared
                .push((self.module, name, path_of(&item.attrs)));
            return;
        };
        let parent = self.module;
        let (file, folder) = (self.here().file.clone(), self.here().folder.join(&name));
        self.module = self.tree.add(parent, file, folder);
        let child = self.module;
        self.tree.modules[parent].children.insert(name, child);
        for item in items {
            self.visit_item(item);
        }
        self.module = parent;
    }

    /// The leaves of a `use`, below the segments that it begins with.
    fn read_use(&mut self, tree: &syn::UseTree, mut path: Vec<String>, public: bool) {
        match tree {
            syn::UseTree::Path(inner) => {
                path.push(inner.ident.unraw().to_string());
                self.read_use(&inner.tree, path, public);
            }
            syn::UseTree::Group(group) => {
                for inner in &group.items {
                    self.read_use(inner, path.clone(), public);
                }
            }
            syn::UseTree::Glob(_) => self.here().globs.push(path),
            syn::UseTree::Name(inner) => {
                let name = inner.ident.unraw().to_string();
                let bound = match path.last() {
                    Some(last) if name == "self" => last.clone(),
                    _ => {
                        path.push(name.clone());
                        name
                    }
                };
                self.bind(bound, path, public);
            }
            syn::UseTree::Rename(inner) => {
                path.push(inner.ident.unraw().to_string());
                self.bind(inner.rename.unraw().to_string(), path, public);
            }
        }
    }

    fn bind(&mut self, name: String, path: Vec<String>, public: bool) {
        let module = self.here();
        module.bindings.entry(name).or_default().push(path.clone());
        if !public {
            module.imports.insert(path);
            return;
        }
        // A re-export imports nothing if what it names is the module's own child, which may be declared further down.
        let first = path.iter().position(|name| name != "self");
        if first.is_some_and(|first| path[first] == "super" || path[first] == "crate") {
            module.imports.insert(path);
        }
    }

    /// Paths in what a macro or an attribute is given.
    fn read_tokens(&mut self, text: &str) {
        let text = text.replace(" :: ", "::");
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        for word in words {
            let path: Vec<_> = word
                .split("::")
                .map(|name| name.trim_matches(':').to_owned())
                .filter(|name| !name.is_empty())
                .collect();
            if !path.is_empty() && !word.starts_with("::") {
                self.here().paths.insert(path);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let (attributes, name) = described(item);
        if is_for_tests(attributes) {
            return;
        }
        if let Some(name) = name {
            self.here().items.insert(name.unraw().to_string());
        }
        match item {
            syn::Item::Mod(item) => self.read_mod(item),
            syn::Item::Use(item) if item.leading_colon.is_none() => {
                let public = !matches!(item.vis, syn::Visibility::Inherited);
                self.read_use(&item.tree, Vec::new(), public);
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names = path
                .segments
                .iter()
                .map(|segment| segment.ident.unraw().to_string());
            let names = names.collect();
            self.here().paths.insert(names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.read_tokens(&without_texts(&item.tokens.to_string()));
        visit::visit_macro(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            let text = list.tokens.to_string();
            // `#[serde(with = "crate::hex")]` names a path in a text.
            let paths = ["crate::", "super::", "self::"].map(|start| format!("\"{start}"));
            let text = paths.iter().fold(text, |text, path| {
                text.replace(path.as_str(), path.trim_start_matches('"'))
            });
            self.read_tokens(&without_texts(&text));
        }
    }

    /// `pub(crate)` names no file.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// An item's attributes, and the name that it defines in its module.
fn described(item: &syn::Item) -> (&[syn::Attribute], Option<&syn::Ident>) {
    use syn::Item;
    match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::ExternCrate(item) => (&item.attrs, None),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::ForeignMod(item) => (&item.attrs, None),
        Item::Impl(item) => (&item.attrs, None),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, None),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::TraitAlias(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, None),
        _ => (&[], None),
    }
}

/// Whether one of these is `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if attribute.path().is_ident("cfg") => {
            let condition = list.tokens.to_string().replace(' ', "");
            condition == "test" || condition.starts_with("all(test")
        }
        _ => false,
    })
}

/// The file that `#[path = "…"]` names.
fn path_of(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let syn::Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) if pair.path.is_ident("path") => Some(text.value()),
            _ => None,
        }
    })
}

/// Tokens without the texts among them, which name no path.
fn without_texts(tokens: &str) -> String {
    let mut out = String::new();
    let mut characters = tokens.chars();
    let mut inside = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' if inside => {
                characters.next();
            }
            '"' => {
                inside = !inside;
                out.push(' ');
            }
            _ if !inside => out.push(character),
            _ => {}
        }
    }
    out
}

/// The circles: files of which each leads to each other one, every file in at most one of them.
fn circles(imports: &Imports) -> Vec<BTreeSet<&PathBuf>> {
    let reached: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> = imports
        .keys()
        .map(|file| {
            let mut found = BTreeSet::new();
            let mut pending = vec![file];
            while let Some(next) = pending.pop() {
                let further = imports.get(next).into_iter().flat_map(BTreeMap::keys);
                pending.extend(further.filter(|other| found.insert(*other)));
            }
            (file, found)
        })
        .collect();
    let circles: BTreeSet<BTreeSet<&PathBuf>> = reached
        .iter()
        .filter(|(file, found)| found.contains(*file))
        .map(|(file, found)| {
            let back = |other: &&&PathBuf| reached.get(**other).is_some_and(|of| of.contains(file));
            found.iter().filter(back).copied().collect()
        })
        .collect();
    circles.into_iter().collect()
}

/// A circle's imports, a line each.
fn shown(circle: &BTreeSet<&PathBuf>, imports: &Imports) -> String {
    let name = |path: &Path| {
        let short = path.strip_prefix(workspace::root()).unwrap_or(path);
        short.display().to_string()
    };
    let mut out = format!("  {} files:\n", circle.len());
    for file in circle {
        for (other, names) in imports.get(*file).into_iter().flatten() {
            if circle.contains(other) {
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                // Writing to a String cannot fail.
                let _ = writeln!(
                    out,
                    "    {} -> {}: {}",
                    name(file),
                    name(other),
                    names.join(", ")
                );
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The circles of a made-up crate, as the names of their files.
    fn found(test: &str, files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let root = std::env::temp_dir().join(format!("imports-{test}-{}", std::process::id()));
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let imports = Tree::read(&root.join("lib.rs")).unwrap().imports();
        let names = circles(&imports)
            .into_iter()
            .map(|circle| {
                let names = circle.into_iter().map(|path| {
                    let name = path.strip_prefix(&root).unwrap();
                    name.display().to_string()
                });
                names.collect()
            })
            .collect();
        fs::remove_dir_all(&root).unwrap();
        names
    }

    const ROOT: (&str, &str) = ("lib.rs", "mod a;\nmod b;\n");

    #[test]
    fn two_files_that_import_each_other_are_a_circle() {
        let b = ("b.rs", "use crate::a::A;\npub struct B(A);\n");
        for (test, a) in [
            ("use", "use crate::b::B;\npub struct A;\nfn f(_: B) {}\n"),
            ("super", "use super::b::B;\npub struct A;\n"),
            ("group", "use crate::{b::{self, B as C}};\npub struct A;\n"),
            ("code", "pub struct A;\nfn f() { crate::b::B::new(); }\n"),
            ("module", "use crate::b;\npub struct A;\nfn f(_: b::B) {}\n"),
            (
                "macro",
                "pub struct A;\nfn f() { println!(\"{}\", crate::b::B); }\n",
            ),
            (
                "attribute",
                "#[serde(with = \"crate::b::B\")]\npub struct A;\n",
            ),
            ("generic", "pub struct A;\nfn f(_: Vec<crate::b::B>) {}\n"),
            ("inside", "pub struct A;\nfn f() { use crate::b::B; }\n"),
            (
                "made",
                "pub struct A;\nfn f() { crate::b::from_a_macro(); }\n",
            ),
        ] {
            assert_eq!(
                found(test, &[ROOT, ("a.rs", a), b]),
                [["a.rs", "b.rs"]],
                "{test}"
            );
        }
    }

    #[test]
    fn one_direction_tests_and_texts_are_no_circle() {
        let b = ("b.rs", "use crate::a::A;\npub struct B(A);\n");
        for (test, a) in [
            ("none", "pub struct A;\n"),
            (
                "tests",
                "pub struct A;\n#[cfg(test)]\nmod tests { use crate::b::B; }\n",
            ),
            (
                "all",
                "pub struct A;\n#[cfg(all(test, unix))]\nfn f(_: crate::b::B) {}\n",
            ),
            (
                "text",
                "pub struct A;\nfn f() { println!(\"\\\" crate::b::B\"); }\n",
            ),
            ("doc", "/// [`crate::b::B`]\npub(crate) struct A;\n"),
            ("crate", "pub struct A([u8; crate::MADE_FOR_THE_CRATE]);\n"),
            ("other", "use other::b::B;\npub struct A(::b::B);\n"),
        ] {
            assert_eq!(
                found(test, &[ROOT, ("a.rs", a), b]),
                Vec::<Vec<String>>::new(),
                "{test}"
            );
        }
    }

    /// A name leads to the file that defines it, over a parent that only hands it on.
    #[test]
    fn re_exports_are_followed() {
        let files = [
            ("lib.rs", "mod books;\nmod user;\n"),
            (
                "books/mod.rs",
                "mod checks;\npub mod audit;\npub use self::checks::*;\npub use audit::Audit;\n",
            ),
            ("books/checks.rs", "pub struct Checks;\n"),
            (
                "books/audit.rs",
                "use crate::user::User;\npub struct Audit;\n",
            ),
            ("user.rs", "use crate::books::Checks;\npub struct User;\n"),
        ];
        assert_eq!(found("handed-on", &files), Vec::<Vec<String>>::new());

        let mut tied = files;
        tied[4] = ("user.rs", "use crate::books::Audit;\npub struct User;\n");
        assert_eq!(found("tied", &tied), [["books/audit.rs", "user.rs"]]);

        // The parent calls its child, and the child uses the parent.
        let mut called = files;
        called[1].1 = "mod checks;\npub mod audit;\npub use checks::Checks;\npub fn all() { checks::run() }\n";
        called[2].1 = "use super::all;\npub struct Checks;\npub fn run() {}\n";
        assert_eq!(found("called", &called), Vec::<Vec<String>>::new());

        let mut used = called;
        used[1].1 = "mod checks;\npub mod audit;\nuse checks::Checks;\npub fn all(_: Checks) {}\n";
        assert_eq!(found("used", &used), [["books/checks.rs", "books/mod.rs"]]);
    }

    #[test]
    fn everything_of_a_module_is_imported_from_where_it_is() {
        let files = [
            ("lib.rs", "pub mod a;\npub mod c;\n"),
            (
                "a/mod.rs",
                "mod inner { pub use crate::c::C; }\nmod b;\npub use b::*;\n",
            ),
            ("a/b.rs", "use crate::c::*;\npub struct B(C);\n"),
            ("c.rs", "use crate::a::*;\npub struct C;\nfn f(_: B) {}\n"),
        ];
        assert_eq!(found("globs", &files), [["a/b.rs", "c.rs"]]);
    }

    #[test]
    fn a_longer_circle_is_one_and_shows_its_names() {
        let files = [
            ("lib.rs", "mod a;\nmod b;\nmod c;\nmod r#do;\n"),
            ("a.rs", "use crate::b::B;\npub struct A;\n"),
            ("b.rs", "use crate::c::C;\npub struct B;\n"),
            ("c.rs", "use crate::a::A;\npub struct C;\n"),
            ("do.rs", "use crate::{a::A, b::B};\n"),
        ];
        assert_eq!(found("long", &files), [["a.rs", "b.rs", "c.rs"]]);

        let [a, b] = ["a.rs", "b.rs"].map(PathBuf::from);
        let names = |name: &str| BTreeSet::from([name.to_owned()]);
        let imports = Imports::from([
            (a.clone(), BTreeMap::from([(b.clone(), names("B"))])),
            (b.clone(), BTreeMap::from([(a.clone(), names("A"))])),
        ]);
        let circle = BTreeSet::from([&a, &b]);
        let expected = "  2 files:\n    a.rs -> b.rs: B\n    b.rs -> a.rs: A\n";
        assert_eq!(shown(&circle, &imports), expected);
    }

    #[test]
    fn a_module_without_a_file_is_refused_by_name() {
        let root = std::env::temp_dir().join(format!("imports-gone-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("lib.rs"), "mod gone;\n").unwrap();
        let error = Tree::read(&root.join("lib.rs")).err().unwrap().to_string();
        assert!(error.contains("mod gone"), "{error}");
        fs::remove_dir_all(&root).unwrap();
    }
}
