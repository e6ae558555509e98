//! From a place on Earth to its H3 cell.
//!
//! A program cannot do this (it takes floats); it checks what it is given with [`crate::h3cell`].

use h3o::{LatLng, Resolution};
use thiserror::Error;

/// The place or the grid does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum PlaceError {
    /// Latitude outside −90 to 90 degrees, or not a number.
    #[error("latitude {0} is not between -90 and 90 degrees")]
    Latitude(f64),
    /// Longitude outside −180 to 180 degrees, or not a number.
    #[error("longitude {0} is not between -180 and 180 degrees")]
    Longitude(f64),
    /// H3 has 16 grids.
    #[error("H3 resolution {0} is not between 0 and 15")]
    Resolution(u8),
}

/// The index of the H3 cell that contains a place, at a resolution from 0 (coarsest) to 15.
/// Latitude and longitude are WGS 84 degrees.
///
/// # Errors
///
/// [`PlaceError`] names the value that is out of range.
pub fn cell_at(latitude: f64, longitude: f64, resolution: u8) -> Result<u64, PlaceError> {
    // Written so that NaN is refused too.
    if !(-90.0..=90.0).contains(&latitude) {
        return Err(PlaceError::Latitude(latitude));
    }
    if !(-180.0..=180.0).contains(&longitude) {
        return Err(PlaceError::Longitude(longitude));
    }
    let grid = Resolution::try_from(resolution).map_err(|_| PlaceError::Resolution(resolution))?;
    // Only values that are not finite are refused here, and the checks above have refused them already.
    let place = LatLng::new(latitude, longitude).map_err(|_| PlaceError::Latitude(latitude))?;
    Ok(place.to_cell(grid).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_published_example() {
        // The README of h3-js: latLngToCell(37.3615593, -122.0553238, 7)
        assert_eq!(
            cell_at(37.3615593, -122.0553238, 7),
            Ok(0x0872_8347_2bff_ffff)
        );
    }

    #[test]
    fn out_of_range() {
        assert_eq!(cell_at(90.1, 0.0, 8), Err(PlaceError::Latitude(90.1)));
        assert_eq!(cell_at(-90.1, 0.0, 8), Err(PlaceError::Latitude(-90.1)));
        assert_eq!(cell_at(0.0, 180.1, 8), Err(PlaceError::Longitude(180.1)));
        assert_eq!(cell_at(0.0, -180.1, 8), Err(PlaceError::Longitude(-180.1)));
        assert_eq!(cell_at(0.0, 0.0, 16), Err(PlaceError::Resolution(16)));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(matches!(cell_at(bad, 0.0, 8), Err(PlaceError::Latitude(_))));
            assert!(matches!(
                cell_at(0.0, bad, 8),
                Err(PlaceError::Longitude(_))
            ));
        }
        for (latitude, longitude) in [(90.0, 180.0), (-90.0, -180.0), (0.0, 0.0)] {
            assert!(cell_at(latitude, longitude, 15).is_ok());
        }
    }

    proptest! {
        #[test]
        fn a_program_accepts_every_cell(lat in -90f64..=90.0, lng in -180f64..=180.0, resolution in 0u8..16) {
            let cell = cell_at(lat, lng, resolution).unwrap();
            prop_assert_eq!(crate::h3cell::resolution(cell), Some(resolution));
        }
    }
}
