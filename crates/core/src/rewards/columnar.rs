//! Records as Parquet: a fixed schema, and the same bytes for the same records on every machine.
//!
//! Format: <https://parquet.apache.org/docs/file-format/>. Every setting that changes bytes is given
//! here, and the version of the crate that writes them is pinned in the workspace; a test pins the hash
//! of a small file. Nothing is compressed: most of it is keys and hashes. Numbers are stored as the
//! differences between neighbours, which any Parquet reader understands.

use bytes::Bytes;
use parquet::{
    basic::{Compression, Encoding, LogicalType, Repetition, Type as PhysicalType},
    column::{reader::get_typed_column_reader, writer::ColumnWriterImpl},
    data_type::{
        ByteArray, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
    },
    errors::ParquetError,
    file::{
        metadata::ColumnChunkMetaData,
        properties::{EnabledStatistics, WriterProperties, WriterVersion},
        reader::{FileReader, RowGroupReader, SerializedFileReader},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::{ColumnPath, Type, TypePtr},
};
use std::{
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use thiserror::Error;

/// Rows in a row group. A reader needs one group at a time in memory.
const GROUP_ROWS: usize = 1 << 17;

/// Bytes of a public key or a hash.
const KEY_BYTES: usize = 32;

/// Why bytes are not a table of these records.
#[derive(Debug, Error)]
pub(super) enum ColumnarError {
    /// The Parquet reader refused them.
    #[error("not readable as Parquet: {0}")]
    Parquet(#[from] ParquetError),
    /// The Parquet reader gave up on data that it does not expect.
    #[error("not readable as Parquet: the data contradicts itself")]
    Contradiction,
    /// A column is compressed, has a dictionary, or has no valid position.
    #[error("the columns are not stored as this format stores them")]
    Storage,
    /// The columns are not those of the records.
    #[error("the columns are not those of this format")]
    Schema,
    /// More or fewer rows than announced.
    #[error("{found} rows, but {expected} are announced")]
    RowCount {
        /// Rows in the file.
        found: i64,
        /// Rows announced.
        expected: usize,
    },
    /// A value that no record can have.
    #[error("row {row}: {reason}")]
    Row {
        /// Counted from 0.
        row: usize,
        /// Why.
        reason: &'static str,
    },
}

/// The kind of a column.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    U32,
    U64,
    Key,
}

/// One column of a row group.
pub(super) enum Column {
    U32(Vec<u32>),
    U64(Vec<u64>),
    Key(Vec<[u8; KEY_BYTES]>),
}

impl Column {
    /// The numbers; `None` for a column of another kind.
    pub(super) fn u32s(self) -> Option<Vec<u32>> {
        match self {
            Self::U32(values) => Some(values),
            _ => None,
        }
    }

    /// The numbers; `None` for a column of another kind.
    pub(super) fn u64s(self) -> Option<Vec<u64>> {
        match self {
            Self::U64(values) => Some(values),
            _ => None,
        }
    }

    /// The keys; `None` for a column of another kind.
    pub(super) fn keys(self) -> Option<Vec<[u8; KEY_BYTES]>> {
        match self {
            Self::Key(values) => Some(values),
            _ => None,
        }
    }
}

/// A row of a table.
pub(super) trait Record: Sized {
    /// The table's columns, in order.
    const COLUMNS: &'static [(&'static str, Kind)];

    /// The columns of `rows`, the first of which is number `first` in the table.
    fn to_columns(rows: &[Self], first: usize) -> Vec<Column>;

    /// Appends to `rows` the rows of columns of equal length, of the kinds in [`Self::COLUMNS`].
    fn from_columns(columns: Vec<Column>, rows: &mut Vec<Self>) -> Result<(), ColumnarError>;
}

fn schema<R: Record>() -> Result<TypePtr, ParquetError> {
    let columns = R::COLUMNS
        .iter()
        .map(|(name, kind)| {
            let (physical, logical, length) = match kind {
                Kind::U32 => (PhysicalType::INT32, Some((32, false)), -1),
                Kind::U64 => (PhysicalType::INT64, Some((64, false)), -1),
                Kind::Key => (PhysicalType::FIXED_LEN_BYTE_ARRAY, None, 32),
            };
            Type::primitive_type_builder(name, physical)
                .with_repetition(Repetition::REQUIRED)
                .with_logical_type(logical.map(|(bits, signed)| LogicalType::integer(bits, signed)))
                .with_length(length)
                .build()
                .map(Arc::new)
        })
        .collect::<Result<_, _>>()?;
    Type::group_type_builder("schema")
        .with_fields(columns)
        .build()
        .map(Arc::new)
}

fn properties<R: Record>() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by("wayfare".to_owned())
        .set_compression(Compression::UNCOMPRESSED)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_bloom_filter_enabled(false)
        .set_data_page_size_limit(1 << 20)
        .set_data_page_row_count_limit(GROUP_ROWS)
        .set_write_batch_size(1 << 10);
    for (name, kind) in R::COLUMNS {
        let encoding = match kind {
            Kind::U32 | Kind::U64 => Encoding::DELTA_BINARY_PACKED,
            Kind::Key => Encoding::PLAIN,
        };
        properties = properties.set_column_encoding(ColumnPath::from(*name), encoding);
    }
    properties.build()
}

/// Writes a table, and returns the writer. The writer's own errors are returned unchanged.
pub(super) fn write<R: Record, W: Write + Send>(writer: W, rows: &[R]) -> io::Result<W> {
    write_rows(writer, rows).map_err(|error| match error {
        ParquetError::External(source) => source
            .downcast::<io::Error>()
            .map_or_else(io::Error::other, |source| *source),
        other => io::Error::other(other),
    })
}

fn write_rows<R: Record, W: Write + Send>(writer: W, rows: &[R]) -> Result<W, ParquetError> {
    let mut file = SerializedFileWriter::new(writer, schema::<R>()?, Arc::new(properties::<R>()))?;
    for (group, first) in rows.chunks(GROUP_ROWS).zip((0..).step_by(GROUP_ROWS)) {
        let mut group_writer = file.next_row_group()?;
        for column in R::to_columns(group, first) {
            match column {
                Column::U32(values) => {
                    // Parquet has no unsigned types: the bits are stored as they are, and the schema
                    // says how to read them.
                    let values: Vec<i32> = values.into_iter().map(u32::cast_signed).collect();
                    write_column::<Int32Type, W>(&mut group_writer, &values)?;
                }
                Column::U64(values) => {
                    let values: Vec<i64> = values.into_iter().map(u64::cast_signed).collect();
                    write_column::<Int64Type, W>(&mut group_writer, &values)?;
                }
                Column::Key(keys) => {
                    // One buffer for all: each value only refers into it.
                    let buffer = Bytes::from(keys.into_flattened());
                    let values: Vec<FixedLenByteArray> = (0..buffer.len())
                        .step_by(KEY_BYTES)
                        .map(|at| buffer.slice(at..at.saturating_add(KEY_BYTES)))
                        .map(|key| FixedLenByteArray::from(ByteArray::from(key)))
                        .collect();
                    write_column::<FixedLenByteArrayType, W>(&mut group_writer, &values)?;
                }
            }
        }
        group_writer.close()?;
    }
    file.into_inner()
}

fn write_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
) -> Result<(), ParquetError> {
    let mut column = group
        .next_column()?
        .ok_or_else(|| ParquetError::General("more columns than the schema has".to_owned()))?;
    let typed: &mut ColumnWriterImpl<'_, T> = column.typed::<T>();
    typed.write_batch(values, None, None)?;
    column.close()
}

/// Reads a table of exactly `expected` rows.
///
/// The bytes can come from anywhere. The Parquet reader panics on some that contradict themselves;
/// that is caught here, and is an error like any other.
pub(super) fn read<R: Record>(bytes: Bytes, expected: usize) -> Result<Vec<R>, ColumnarError> {
    catch_unwind(AssertUnwindSafe(|| read_unguarded(bytes, expected)))
        .unwrap_or(Err(ColumnarError::Contradiction))
}

fn read_unguarded<R: Record>(bytes: Bytes, expected: usize) -> Result<Vec<R>, ColumnarError> {
    let room = bytes.len().div_euclid(KEY_BYTES);
    let file = SerializedFileReader::new(bytes)?;
    let metadata = file.metadata();
    if metadata.file_metadata().schema() != schema::<R>()?.as_ref() {
        return Err(ColumnarError::Schema);
    }
    let groups = metadata.row_groups();
    let columns = groups.iter().flat_map(|group| group.columns());
    if !columns.into_iter().all(is_stored_plainly) {
        return Err(ColumnarError::Storage);
    }
    let group_rows = groups.iter().map(|group| group.num_rows());
    check_rows(
        metadata.file_metadata().num_rows(),
        group_rows,
        expected,
        room,
    )?;
    let mut rows = Vec::with_capacity(expected);
    for at in 0..file.num_row_groups() {
        let group = file.get_row_group(at)?;
        let count = usize::try_from(group.metadata().num_rows())
            .map_err(|_| ColumnarError::Contradiction)?;
        let columns = R::COLUMNS
            .iter()
            .enumerate()
            .map(|(at, (_, kind))| read_column(group.as_ref(), at, *kind, count))
            .collect::<Result<_, _>>()?;
        R::from_columns(columns, &mut rows)?;
    }
    Ok(rows)
}

/// Whether a column is stored with the settings of [`properties`], at a possible position in a file. The
/// reader panics on a negative position.
fn is_stored_plainly(column: &ColumnChunkMetaData) -> bool {
    column.compression() == Compression::UNCOMPRESSED
        && column.dictionary_page_offset().is_none()
        && column.data_page_offset() >= 0
        && column.compressed_size() >= 0
}

/// Checks that all announced numbers of rows agree, and fit into the file. Each row has a key, stored as it is, so
/// there can be at most `room` rows: whatever a file announces, it takes no more memory than its size.
fn check_rows(
    found: i64,
    mut groups: impl Iterator<Item = i64>,
    expected: usize,
    room: usize,
) -> Result<(), ColumnarError> {
    let sum = groups.try_fold(0i64, |sum, rows| sum.checked_add(rows));
    if sum != Some(found) || usize::try_from(found) != Ok(expected) || expected > room {
        return Err(ColumnarError::RowCount { found, expected });
    }
    Ok(())
}

fn read_column(
    group: &dyn RowGroupReader,
    at: usize,
    kind: Kind,
    count: usize,
) -> Result<Column, ColumnarError> {
    Ok(match kind {
        Kind::U32 => Column::U32(
            read_values::<Int32Type>(group, at, count)?
                .into_iter()
                .map(i32::cast_unsigned)
                .collect(),
        ),
        Kind::U64 => Column::U64(
            read_values::<Int64Type>(group, at, count)?
                .into_iter()
                .map(i64::cast_unsigned)
                .collect(),
        ),
        Kind::Key => Column::Key(
            read_values::<FixedLenByteArrayType>(group, at, count)?
                .iter()
                .map(|value| value.data().try_into())
                .collect::<Result<_, _>>()
                .map_err(|_| ColumnarError::Contradiction)?,
        ),
    })
}

fn read_values<T: DataType>(
    group: &dyn RowGroupReader,
    at: usize,
    count: usize,
) -> Result<Vec<T::T>, ColumnarError> {
    let mut reader = get_typed_column_reader::<T>(group.get_column_reader(at)?);
    let mut values = Vec::new();
    reader.read_records(count, None, None, &mut values)?;
    if values.len() == count {
        Ok(values)
    } else {
        Err(ColumnarError::Contradiction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Sample(u32, u64, [u8; 32]);

    impl Record for Sample {
        const COLUMNS: &'static [(&'static str, Kind)] = &[
            ("small", Kind::U32),
            ("large", Kind::U64),
            ("key", Kind::Key),
        ];

        fn to_columns(rows: &[Self], _: usize) -> Vec<Column> {
            vec![
                Column::U32(rows.iter().map(|r| r.0).collect()),
                Column::U64(rows.iter().map(|r| r.1).collect()),
                Column::Key(rows.iter().map(|r| r.2).collect()),
            ]
        }

        fn from_columns(columns: Vec<Column>, rows: &mut Vec<Self>) -> Result<(), ColumnarError> {
            let [small, large, key] = columns.try_into().unwrap_or_else(|_| panic!());
            for ((small, large), key) in small
                .u32s()
                .unwrap()
                .into_iter()
                .zip(large.u64s().unwrap())
                .zip(key.keys().unwrap())
            {
                rows.push(Sample(small, large, key));
            }
            Ok(())
        }
    }

    struct Renamed;

    impl Record for Renamed {
        const COLUMNS: &'static [(&'static str, Kind)] =
            &[("small", Kind::U32), ("big", Kind::U64), ("key", Kind::Key)];

        fn to_columns(_: &[Self], _: usize) -> Vec<Column> {
            vec![]
        }

        fn from_columns(_: Vec<Column>, _: &mut Vec<Self>) -> Result<(), ColumnarError> {
            Ok(())
        }
    }

    fn samples(count: u32) -> Vec<Sample> {
        (0..count)
            .map(|i| {
                Sample(
                    i.wrapping_mul(0x9e37_79b9),
                    u64::from(i).wrapping_mul(0x9e37_79b9_7f4a_7c15),
                    [i as u8; 32],
                )
            })
            .collect()
    }

    #[test]
    fn there_and_back_over_several_groups() {
        for count in [0, 1, 1_000, GROUP_ROWS as u32, GROUP_ROWS as u32 + 1] {
            let rows = samples(count);
            let bytes = write(Vec::new(), &rows).unwrap();
            assert_eq!(bytes, write(Vec::new(), &rows).unwrap());
            let back: Vec<Sample> = read(bytes.into(), rows.len()).unwrap();
            assert!(back == rows, "{count}");
        }
    }

    #[test]
    fn another_schema_or_row_count_is_refused() {
        let bytes = Bytes::from(write(Vec::new(), &samples(10)).unwrap());
        assert!(matches!(
            read::<Renamed>(bytes.clone(), 10),
            Err(ColumnarError::Schema)
        ));
        for expected in [0, 9, 11] {
            assert!(matches!(
                read::<Sample>(bytes.clone(), expected),
                Err(ColumnarError::RowCount { found: 10, .. })
            ));
        }
    }

    #[test]
    fn announced_rows_must_agree_and_fit() {
        let check = |found, groups: &[i64], expected, room| {
            check_rows(found, groups.iter().copied(), expected, room).is_ok()
        };
        assert!(check(5, &[2, 3], 5, 5));
        assert!(check(0, &[], 0, 0));
        assert!(!check(5, &[2, 2], 5, 5), "groups");
        assert!(!check(5, &[2, 3], 6, 6), "expected");
        assert!(!check(5, &[2, 3], 5, 4), "room");
        assert!(!check(-5, &[-5], 5, 5), "negative");
        assert!(!check(i64::MIN, &[i64::MAX, 1], 5, 5), "overflow");
        assert!(!check(5, &[i64::MAX, 1, 5], 5, 5), "overflow");
    }

    #[test]
    fn columns_stored_in_another_way_are_refused() {
        use parquet::schema::types::SchemaDescriptor;
        let descriptor = SchemaDescriptor::new(schema::<Sample>().unwrap()).column(1);
        let column = || ColumnChunkMetaData::builder(descriptor.clone());
        assert!(is_stored_plainly(&column().build().unwrap()));
        for other in [
            column().set_compression(Compression::SNAPPY),
            column().set_dictionary_page_offset(Some(4)),
            column().set_data_page_offset(-1),
            column().set_total_compressed_size(-1),
        ] {
            assert!(!is_stored_plainly(&other.build().unwrap()));
        }

        let with_dictionary = WriterProperties::builder().build().into();
        let mut file =
            SerializedFileWriter::new(Vec::new(), schema::<Sample>().unwrap(), with_dictionary)
                .unwrap();
        let mut group = file.next_row_group().unwrap();
        write_column::<Int32Type, _>(&mut group, &[1]).unwrap();
        write_column::<Int64Type, _>(&mut group, &[1]).unwrap();
        let key = FixedLenByteArray::from(vec![1; 32]);
        write_column::<FixedLenByteArrayType, _>(&mut group, &[key]).unwrap();
        group.close().unwrap();
        let bytes = file.into_inner().unwrap();
        assert!(matches!(
            read::<Sample>(bytes.into(), 1),
            Err(ColumnarError::Storage)
        ));
    }

    #[test]
    fn truncated_at_every_length() {
        let bytes = Bytes::from(write(Vec::new(), &samples(300)).unwrap());
        for length in 0..bytes.len() {
            assert!(
                read::<Sample>(bytes.slice(..length), 300).is_err(),
                "{length}"
            );
        }
    }

    /// Fails once a number of bytes is written, as a full disk does.
    struct FullAfter(usize);

    impl Write for FullAfter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            match self.0.checked_sub(bytes.len()) {
                Some(left) => {
                    self.0 = left;
                    Ok(bytes.len())
                }
                None => Err(std::io::ErrorKind::StorageFull.into()),
            }
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let rows = samples(2_000);
        let size = write(Vec::new(), &rows).unwrap().len();
        for room in (0..size).step_by(997) {
            assert!(write(FullAfter(room), &rows).is_err(), "{room}");
        }
        let error = write(FullAfter(size / 2), &rows).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(write(FullAfter(size), &rows).is_ok());
    }

    proptest! {
        #[test]
        fn any_values(rows in proptest::collection::vec((any::<u32>(), any::<u64>(), any::<[u8; 32]>()), 0..200)) {
            let rows: Vec<Sample> = rows.into_iter().map(|(a, b, c)| Sample(a, b, c)).collect();
            let bytes = write(Vec::new(), &rows).unwrap();
            prop_assert_eq!(read::<Sample>(bytes.into(), rows.len()).unwrap(), rows);
        }

        #[test]
        fn garbled_bytes_end_in_a_result(
            changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8), cut: usize
        ) {
            let mut bytes = write(Vec::new(), &samples(300)).unwrap();
            for (at, value) in changes {
                // Half of the changes go to the metadata at the end.
                let span = if at % 2 == 0 { bytes.len() } else { 400 };
                let at = bytes.len() - 1 - (at / 2) % span;
                bytes[at] = value;
            }
            if cut % 4 == 0 {
                bytes.truncate(cut / 4 % bytes.len());
            }
            let _ = read::<Sample>(bytes.into(), 300);
        }

        #[test]
        fn any_bytes_end_in_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(read::<Sample>(bytes.into(), 1).is_err());
        }
    }
}
