//! The input of a bulk registration: a CSV file with a node in each row.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use csv::{ByteRecord, ReaderBuilder};
use serde::Serialize;
use wayfare_core::h3;

/// What a column of the input is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnName {
    pub column: String,
    pub name: String,
}

impl FromStr for ColumnName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (column, name) = text
            .split_once('=')
            .ok_or_else(|| format!("{text:?}: write COLUMN=NAME, as in owner=Provider"))?;
        if !matches!(column, "id" | "owner" | "latitude" | "longitude") {
            return Err(format!(
                "{column:?} is not a column: the columns are id, owner, latitude and longitude"
            ));
        }
        Ok(Self {
            column: column.to_owned(),
            name: name.to_owned(),
        })
    }
}

/// What the file says of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands in the file, counted from 1.
    pub line: u64,
    /// Unique in the file.
    pub id: String,
    /// Who owns it: a name, behind which there is a key.
    pub owner: String,
    /// H3 cell at the network's resolution.
    pub location: u64,
}

/// A row that is not registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedRow {
    pub line: u64,
    pub id: String,
    pub reason: String,
}

/// The rows that can be registered, and those that cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    pub rows: Vec<Row>,
    pub refused: Vec<RefusedRow>,
}

/// How to read the file.
pub struct Reading<'a> {
    /// What the columns are called, where it is not what they are.
    pub columns: &'a [ColumnName],
    /// Rows from the first whose nodes get an owner each, named after the row's id.
    pub single_owners: usize,
    /// H3 resolution of the locations.
    pub resolution: u8,
}

/// Places of the columns in a row.
struct Columns {
    id: usize,
    owner: usize,
    latitude: usize,
    longitude: usize,
}

impl Roster {
    /// Reads the file. Only what makes all of it unreadable is an error; a row that is wrong is refused alone.
    pub fn read(path: &Path, reading: &Reading) -> Result<Self> {
        let mut file = ReaderBuilder::new()
            .flexible(true)
            .from_path(path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        let header = file
            .byte_headers()
            .with_context(|| format!("cannot read {}", path.display()))?;
        let columns = Columns::find(header, reading.columns)
            .with_context(|| format!("{} cannot be used", path.display()))?;

        let mut roster = Self::default();
        let mut lines_by_id: HashMap<String, u64> = HashMap::new();
        let mut single_owners: HashSet<String> = HashSet::new();
        for (number, record) in file.byte_records().enumerate() {
            let record = record.with_context(|| format!("cannot read {}", path.display()))?;
            let line = record.position().map_or(0, csv::Position::line);
            let is_single = number < reading.single_owners;
            let row = columns.row(&record, line, is_single, reading.resolution);
            let row = row.and_then(|row| {
                if let Some(first) = lines_by_id.get(&row.id) {
                    return Err(format!(
                        "id {:?} is on line {first} too: keep one of the rows",
                        row.id
                    ));
                }
                // Two owners of one name would be one owner: somebody else would be paid.
                if !is_single && single_owners.contains(&row.owner) {
                    return Err(format!(
                        "its owner {:?} is called as a single owner is: rename it",
                        row.owner
                    ));
                }
                lines_by_id.insert(row.id.clone(), line);
                if is_single {
                    single_owners.insert(row.owner.clone());
                }
                Ok(row)
            });
            match row {
                Ok(row) => roster.rows.push(row),
                Err(reason) => roster.refused.push(RefusedRow {
                    line,
                    id: record
                        .get(columns.id)
                        .map(|id| String::from_utf8_lossy(id).trim().to_owned())
                        .unwrap_or_default(),
                    reason,
                }),
            }
        }
        if roster.rows.is_empty() && roster.refused.is_empty() {
            bail!("{} has no rows below its header", path.display());
        }
        Ok(roster)
    }

    /// Refuses rows that would share a key file with another name, since `file` writes both alike.
    pub fn refuse_shared_files(
        &mut self,
        name: impl Fn(&Row) -> &str,
        file: impl Fn(&str) -> PathBuf,
    ) {
        let mut names: HashMap<PathBuf, String> = HashMap::new();
        let (kept, refused) = std::mem::take(&mut self.rows).into_iter().partition(|row| {
            let holder = names
                .entry(file(name(row)))
                .or_insert_with(|| name(row).to_owned());
            holder == name(row)
        });
        self.rows = kept;
        self.refused
            .extend(Vec::into_iter(refused).map(|row: Row| RefusedRow {
                reason: format!(
                    "the key file of {:?} would be that of {:?}: rename one",
                    name(&row),
                    names.get(&file(name(&row))).map_or("", String::as_str)
                ),
                line: row.line,
                id: row.id,
            }));
        self.refused.sort_by_key(|row| row.line);
    }
}

impl Columns {
    fn find(header: &ByteRecord, given: &[ColumnName]) -> Result<Self> {
        let place = |column: &str| {
            let name = given
                .iter()
                .find(|given| given.column == column)
                .map_or(column, |given| given.name.as_str());
            let mut places = header
                .iter()
                .enumerate()
                .filter(|(_, field)| field.trim_ascii() == name.as_bytes())
                .map(|(place, _)| place);
            match (places.next(), places.next()) {
                (Some(place), None) => Ok(place),
                (Some(_), Some(_)) => bail!("it has two columns {name:?}"),
                _ => bail!(
                    "it has no column {name:?}: say with --columns {column}=NAME what it is called"
                ),
            }
        };
        Ok(Self {
            id: place("id")?,
            owner: place("owner")?,
            latitude: place("latitude")?,
            longitude: place("longitude")?,
        })
    }

    fn row(
        &self,
        record: &ByteRecord,
        line: u64,
        single_owner: bool,
        resolution: u8,
    ) -> Result<Row, String> {
        let field = |place: usize, column: &str| {
            let bytes = record.get(place).unwrap_or_default();
            let text =
                std::str::from_utf8(bytes).map_err(|_| format!("its {column} is not UTF-8"))?;
            match text.trim() {
                "" => Err(format!("its {column} is missing")),
                text => Ok(text.to_owned()),
            }
        };
        let degrees = |place: usize, column: &str| {
            let text = field(place, column)?;
            text.parse::<f64>()
                .map_err(|_| format!("its {column} {text:?} is not a number"))
        };
        let id = field(self.id, "id")?;
        let owner = if single_owner {
            id.clone()
        } else {
            field(self.owner, "owner")?
        };
        let location = h3::cell_at(
            degrees(self.latitude, "latitude")?,
            degrees(self.longitude, "longitude")?,
            resolution,
        )
        .map_err(|error| error.to_string())?;
        Ok(Row {
            line,
            id,
            owner,
            location,
        })
    }
}

/// Reads which owners have their key files elsewhere: columns `owner` and `keypair`. Paths are relative to the file.
pub fn read_owners(path: &Path) -> Result<HashMap<String, PathBuf>> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Owner {
        owner: String,
        keypair: PathBuf,
    }
    let mut file =
        csv::Reader::from_path(path).with_context(|| format!("cannot open {}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut owners = HashMap::new();
    for row in file.deserialize() {
        let Owner { owner, keypair } = row.with_context(|| {
            format!("{} must have the columns owner and keypair", path.display())
        })?;
        if owners.insert(owner.clone(), folder.join(keypair)).is_some() {
            bail!(
                "{} has owner {owner:?} twice: keep one of the rows",
                path.display()
            );
        }
    }
    Ok(owners)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn read(bytes: &[u8], columns: &[&str], single_owners: usize) -> Result<Roster> {
        let columns: Vec<_> = columns.iter().map(|text| text.parse().unwrap()).collect();
        let reading = Reading {
            columns: &columns,
            single_owners,
            resolution: 8,
        };
        Roster::read(file(bytes).path(), &reading)
    }

    #[test]
    fn rows_are_read_under_the_files_own_names() {
        let text = "\u{feff}Long,OBJECTID,Provider,Lat,More\n-73.994039, 998 ,\"A, B\",40.745968,x\n-73.985069,999,C,40.744614,y\n";
        let columns = [
            "id=OBJECTID",
            "owner=Provider",
            "latitude=Lat",
            "longitude=Long",
        ];
        let roster = read(text.as_bytes(), &columns, 0).unwrap();
        assert_eq!(roster.refused, []);
        assert_eq!(
            roster.rows[0],
            Row {
                line: 2,
                id: "998".into(),
                owner: "A, B".into(),
                location: h3::cell_at(40.745968, -73.994039, 8).unwrap(),
            }
        );
        let owners = |single| -> Vec<String> {
            let roster = read(text.as_bytes(), &columns, single).unwrap();
            roster.rows.into_iter().map(|row| row.owner).collect()
        };
        assert_eq!(owners(0), ["A, B", "C"]);
        assert_eq!(owners(1), ["998", "C"]);
        assert_eq!(owners(9), ["998", "999"]);
        let text = "id,owner,latitude,longitude\n1,a,1,1\n2,1,1,1\n";
        let roster = read(text.as_bytes(), &[], 1).unwrap();
        assert!(
            roster.refused[0]
                .reason
                .contains("\"1\" is called as a single owner")
        );
    }

    #[test]
    fn wrong_rows_are_refused_alone_with_their_reason() {
        let mut text = b"id,owner,latitude,longitude\n1,a,40,-73\n1,b,41,-73\n2,a,,-73\n3,a,91,-73\n4,a,40,181\n5,a,x,0\n,a,1,1\n6,,1,1\n7,a\n8,a,NaN,0\n9,".to_vec();
        text.extend(b"\xff,1,1\n10,a,0,0\n");
        let roster = read(&text, &[], 0).unwrap();
        let refused: Vec<_> = roster
            .refused
            .iter()
            .map(|row| (row.line, row.reason.as_str()))
            .collect();
        assert_eq!(
            refused,
            [
                (3, "id \"1\" is on line 2 too: keep one of the rows"),
                (4, "its latitude is missing"),
                (5, "latitude 91 is not between -90 and 90 degrees"),
                (6, "longitude 181 is not between -180 and 180 degrees"),
                (7, "its latitude \"x\" is not a number"),
                (8, "its id is missing"),
                (9, "its owner is missing"),
                (10, "its latitude is missing"),
                (11, "latitude NaN is not between -90 and 90 degrees"),
                (12, "its owner is not UTF-8"),
            ]
        );
        let kept: Vec<_> = roster.rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(kept, ["1", "10"]);
    }

    #[test]
    fn a_file_without_a_column_or_a_row_is_refused_whole() {
        let error = |text: &str| format!("{:#}", read(text.as_bytes(), &[], 0).unwrap_err());
        assert!(
            error("id,owner,latitude\n1,a,1\n")
                .contains("no column \"longitude\": say with --columns longitude=NAME")
        );
        assert!(error("id,owner,latitude,longitude,id\n").contains("two columns \"id\""));
        assert!(error("id,owner,latitude,longitude\n").contains("no rows"));
        assert!(error("").contains("no column"));
    }

    #[test]
    fn names_that_would_share_a_key_file_are_refused() {
        let mut roster = read(
            b"id,owner,latitude,longitude\n1,A B,1,1\n2,A/B,1,1\n3,A B,1,1\n",
            &[],
            0,
        )
        .unwrap();
        roster.refuse_shared_files(
            |row| &row.owner,
            |name| PathBuf::from(name.replace('/', " ")),
        );
        let lines: Vec<_> = roster.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 4]);
        assert_eq!(roster.refused[0].line, 3);
        assert!(
            roster.refused[0]
                .reason
                .contains("\"A/B\" would be that of \"A B\"")
        );
    }

    #[test]
    fn owners_with_keys_elsewhere() {
        let owners =
            read_owners(file(b"owner,keypair\nA,keys/a.json\nB,/b.json\n").path()).unwrap();
        assert!(owners["A"].ends_with("keys/a.json") && owners["A"].is_absolute());
        assert_eq!(owners["B"], Path::new("/b.json"));
        assert!(read_owners(file(b"owner,keypair\nA,a\nA,b\n").path()).is_err());
        assert!(read_owners(file(b"owner,key\nA,a\n").path()).is_err());
    }

    #[test]
    fn every_row_of_the_new_york_hotspots_can_be_registered() {
        let path = Path::new("../data/nyc-wifi-hotspots.csv");
        let columns: Vec<ColumnName> = [
            "id=OBJECTID",
            "owner=Provider",
            "latitude=Latitude",
            "longitude=Longitude",
        ]
        .map(|text| text.parse().unwrap())
        .to_vec();
        let reading = Reading {
            columns: &columns,
            single_owners: 500,
            resolution: 8,
        };
        let roster = Roster::read(path, &reading).unwrap();
        assert_eq!((roster.rows.len(), roster.refused.len()), (2_566, 0));
        let owners: std::collections::HashSet<_> =
            roster.rows.iter().map(|row| &row.owner).collect();
        assert_eq!(owners.len(), 500 + 15);
    }

    #[test]
    fn column_names() {
        let column: ColumnName = "owner=Provider".parse().unwrap();
        assert_eq!(
            (column.column.as_str(), column.name.as_str()),
            ("owner", "Provider")
        );
        for text in ["owner", "colour=x"] {
            assert!(text.parse::<ColumnName>().is_err(), "{text}");
        }
    }
}
