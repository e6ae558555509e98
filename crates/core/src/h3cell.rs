//! H3 cell indices, checked by their bits alone.
//!
//! A program can store a hotspot's place as an H3 cell, but cannot run the projection. It can still
//! refuse a number that is not a cell. The layout, from <https://h3geo.org/docs/core-library/h3Indexing>:
//!
//! | bits  | holds |
//! |-------|-------|
//! | 63    | reserved, 0 |
//! | 59–62 | mode, 1 for a cell |
//! | 56–58 | reserved, 0 for a cell |
//! | 52–55 | resolution, 0 to 15 |
//! | 45–51 | base cell, 0 to 121 |
//! | 0–44  | 15 digits of 3 bits, coarsest first: 0 to 6 up to the resolution, 7 after it |
//!
//! Twelve base cells are pentagons. They lack the neighbour of digit 1, so under them the first digit
//! that is not 0 must not be 1.

/// Bits 56 to 63 of a cell: mode 1, reserved bits 0.
const CELL_HEADER: u8 = 1 << 3;

/// Number of base cells.
const BASE_CELLS: u64 = 122;

/// The base cells that are pentagons, one bit each: 4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117
/// (<https://h3geo.org/docs/core-library/coordsystems>; `h3o` agrees, see the tests).
const PENTAGONS: u128 = 1 << 4
    | 1 << 14
    | 1 << 24
    | 1 << 38
    | 1 << 49
    | 1 << 58
    | 1 << 63
    | 1 << 72
    | 1 << 83
    | 1 << 97
    | 1 << 107
    | 1 << 117;

/// The lowest bit of each of the 15 digits.
const DIGIT_ONES: u64 = 0o111_111_111_111_111;

/// All 15 digits.
const DIGITS: u64 = 0o777_777_777_777_777;

/// Finest resolution.
const MAX_RESOLUTION: u8 = 15;

/// The resolution, 0 (coarsest) to 15, of a valid H3 cell index; `None` for any other number.
pub const fn resolution(cell: u64) -> Option<u8> {
    let [_, _, _, _, _, _, resolution_and_base, header] = cell.to_le_bytes();
    if header != CELL_HEADER {
        return None;
    }
    let resolution = resolution_and_base >> 4;
    let base_cell = (cell >> 45) & 0x7f;
    if base_cell >= BASE_CELLS {
        return None;
    }

    // Both are at most 45: a resolution read from four bits is at most 15.
    let unused_bits = (MAX_RESOLUTION.saturating_sub(resolution) as u32).saturating_mul(3);
    let unused = (1u64 << unused_bits).wrapping_sub(1);
    if cell & unused != unused {
        return None;
    }

    // A used digit of 7 has all three bits set.
    let digits = (cell & DIGITS) >> unused_bits;
    if digits & (digits >> 1) & (digits >> 2) & DIGIT_ONES != 0 {
        return None;
    }

    if PENTAGONS >> base_cell & 1 == 1 && digits != 0 {
        let highest_bit = digits.ilog2();
        let first_digit = digits >> (highest_bit / 3).saturating_mul(3);
        if first_digit == 1 {
            return None;
        }
    }
    Some(resolution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use h3o::{BaseCell, CellIndex, LatLng, Resolution};
    use proptest::prelude::*;

    /// The answer of the reference implementation in Rust.
    fn by_h3o(cell: u64) -> Option<u8> {
        CellIndex::try_from(cell)
            .ok()
            .map(|c| c.resolution().into())
    }

    #[test]
    fn the_pentagons_are_those_of_h3o() {
        for base in 0..122u8 {
            let is_pentagon = BaseCell::try_from(base).unwrap().is_pentagon();
            assert_eq!(PENTAGONS >> base & 1 == 1, is_pentagon, "base cell {base}");
        }
        assert_eq!(PENTAGONS.count_ones(), 12);
    }

    #[test]
    fn every_cell_down_to_resolution_three_is_accepted() {
        let mut count = 0u32;
        for base in CellIndex::base_cells() {
            for resolution in Resolution::range(Resolution::Zero, Resolution::Three) {
                for cell in base.children(resolution) {
                    assert_eq!(self::resolution(cell.into()), Some(resolution.into()));
                    count += 1;
                }
            }
        }
        // Cells at resolutions 0 to 3: https://h3geo.org/docs/core-library/restable
        assert_eq!(count, 122 + 842 + 5_882 + 41_162);
    }

    #[test]
    fn each_wrong_part_is_refused() {
        let cell = 0x08a2_a107_2b59_ffff_u64;
        assert_eq!(resolution(cell), Some(10));
        for (what, wrong) in [
            ("zero", 0),
            ("all ones", u64::MAX),
            ("top bit", cell | 1 << 63),
            ("mode of a directed edge", (cell & !(0xf << 59)) | 2 << 59),
            ("reserved bits", cell | 1 << 56),
            ("base cell 122", (cell & !(0x7f << 45)) | 122 << 45),
            ("unused digit not 7", cell & !1),
            ("used digit 7", cell | 0o7 << 15),
            ("used digit 7, coarsest", cell | 0o7 << 42),
            (
                "deleted subsequence",
                1 << 59 | 1 << 52 | 4 << 45 | 1 << 42 | ((1 << 42) - 1),
            ),
        ] {
            assert_eq!(resolution(wrong), None, "{what}");
            assert_eq!(by_h3o(wrong), None, "{what}");
        }
    }

    /// A cell of any resolution under any base cell, with any digits, valid or not. Half of the cases
    /// are pentagons.
    fn near_cell() -> impl Strategy<Value = u64> {
        let base = prop_oneof![
            0u64..128,
            proptest::sample::select(
                (0..122u64)
                    .filter(|b| PENTAGONS >> b & 1 == 1)
                    .collect::<Vec<_>>()
            )
        ];
        // Runs of zero digits matter for pentagons.
        let digit = prop_oneof![Just(0u64), Just(1), 0u64..8, 0u64..7];
        (0u64..16, base, proptest::collection::vec(digit, 15)).prop_map(
            |(resolution, base, digits)| {
                let mut cell = 1 << 59 | resolution << 52 | base << 45;
                for (at, digit) in (0u64..).zip(digits) {
                    let digit = if at < resolution { digit } else { 7 };
                    cell |= digit << (42 - 3 * at);
                }
                cell
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn any_number(cell: u64) {
            prop_assert_eq!(resolution(cell), by_h3o(cell));
        }

        #[test]
        fn numbers_that_look_like_cells(cell in near_cell(), bit in 0u32..64, flip: bool) {
            let cell = if flip { cell ^ 1 << bit } else { cell };
            prop_assert_eq!(resolution(cell), by_h3o(cell));
        }

        #[test]
        fn cells_of_places(lat in -90f64..=90.0, lng in -180f64..=180.0, res in 0u8..16, bit in 0u32..64) {
            let cell = u64::from(LatLng::new(lat, lng).unwrap().to_cell(Resolution::try_from(res).unwrap()));
            prop_assert_eq!(resolution(cell), Some(res));
            let mutated = cell ^ 1 << bit;
            prop_assert_eq!(resolution(mutated), by_h3o(mutated));
        }
    }
}
