//! Calendar months: the periods of roaming statements.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// A calendar month of the years 1900 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Months since January of the year 0.
    index: u32,
}

/// Why a text is not a month.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MonthError {
    /// Not in any of the forms.
    #[error("{0:?} is not a month of the years 1900 to 9999; write it as 2019-01")]
    NotAMonth(String),
    /// A spreadsheet's day that is not the first of a month.
    #[error("{serial} is day {day} of {month}; a month is the number of its first day")]
    NotTheFirst {
        /// The spreadsheet's number.
        serial: u32,
        /// The month it is in.
        month: Month,
        /// The day of that month.
        day: u32,
    },
}

/// How a BWRP book writes a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As a spreadsheet's number of its first day: 43466 is 2019-01-01.
    Serial,
    /// Year and month: 201901.
    YearMonth,
}

impl Month {
    const FIRST_YEAR: u32 = 1900;
    const LAST_YEAR: u32 = 9999;

    /// Month 1 to 12 of a year. `None` outside 1900 to 9999.
    pub fn new(year: u32, month: u32) -> Option<Self> {
        if !(Self::FIRST_YEAR..=Self::LAST_YEAR).contains(&year) || !(1..=12).contains(&month) {
            return None;
        }
        let index = year.checked_mul(12)?.checked_add(month.checked_sub(1)?)?;
        Some(Self { index })
    }

    /// The year.
    pub fn year(self) -> u32 {
        self.index / 12
    }

    /// 1 to 12.
    pub fn month(self) -> u32 {
        (self.index % 12).saturating_add(1)
    }

    /// The next month. `None` after December 9999.
    pub fn next(self) -> Option<Self> {
        let index = self.index.saturating_add(1);
        (index / 12 <= Self::LAST_YEAR).then_some(Self { index })
    }

    /// The number of months since `first`: its period, if `first` is period 0. `None` if it is before.
    pub fn since(self, first: Self) -> Option<u32> {
        self.index.checked_sub(first.index)
    }

    /// Reads a month of a BWRP book: five digits are a spreadsheet's number of the first day, six are year and month.
    ///
    /// # Errors
    ///
    /// [`MonthError`].
    pub fn parse_bwrp(text: &str) -> Result<(Self, Spelling), MonthError> {
        let refused = || MonthError::NotAMonth(text.to_owned());
        let number: u32 = match text.len() {
            5 | 6 if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().map_err(|_| refused())?
            }
            _ => return Err(refused()),
        };
        if text.len() == 6 {
            let month = Self::new(number / 100, number % 100).ok_or_else(refused)?;
            return Ok((month, Spelling::YearMonth));
        }
        let (month, day) = Self::of_serial(number).ok_or_else(refused)?;
        if day == 1 {
            Ok((month, Spelling::Serial))
        } else {
            Err(MonthError::NotTheFirst {
                serial: number,
                month,
                day,
            })
        }
    }

    /// Month and day of a spreadsheet's number: days since 1899-12-30, valid from March 1900 on (ECMA-376-1, section
    /// 18.17.4.1: the 1900 date system counts a 29 February 1900 that never existed).
    fn of_serial(serial: u32) -> Option<(Self, u32)> {
        const MARCH_1900: u32 = 61;
        if serial < MARCH_1900 {
            return None;
        }
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days, for days since 0000-03-01.
        const DAYS_BEFORE_1899_12_30: u32 = 693_899;
        let days = serial.checked_add(DAYS_BEFORE_1899_12_30)?;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let leaps = (day_of_era / 1_460)
            .saturating_add(day_of_era / 146_096)
            .saturating_sub(day_of_era / 36_524);
        let year_of_era = day_of_era.saturating_sub(leaps) / 365;
        let days_before_year = year_of_era
            .saturating_mul(365)
            .saturating_add(year_of_era / 4)
            .saturating_sub(year_of_era / 100);
        let day_of_year = day_of_era.saturating_sub(days_before_year);
        let month_from_march = day_of_year.saturating_mul(5).saturating_add(2) / 153;
        let first_of_month = month_from_march.saturating_mul(153).saturating_add(2) / 5;
        let day = day_of_year.saturating_sub(first_of_month).saturating_add(1);
        let (month, next_year) = if month_from_march < 10 {
            (month_from_march.saturating_add(3), 0)
        } else {
            (month_from_march.saturating_sub(9), 1)
        };
        let year = era
            .saturating_mul(400)
            .saturating_add(year_of_era)
            .saturating_add(next_year);
        Some((Self::new(year, month)?, day))
    }
}

/// As 2019-01.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.year(), self.month()))
    }
}

/// From 2019-01.
impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let read = |digits: &str, count: usize| {
            let all = digits.len() == count && digits.bytes().all(|byte| byte.is_ascii_digit());
            all.then(|| digits.parse::<u32>().ok()).flatten()
        };
        text.split_once('-')
            .and_then(|(year, month)| Self::new(read(year, 4)?, read(month, 2)?))
            .ok_or_else(|| MonthError::NotAMonth(text.to_owned()))
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn the_months_of_the_bwrp_books() {
        let serials = [
            43466, 43497, 43525, 43556, 43586, 43617, 43647, 43678, 43709, 43739, 43770, 43800,
            43831, 43862, 43891, 43922, 43952, 43983, 44013, 44044, 44075, 44105, 44136, 44166,
        ];
        let first = month("2019-01");
        for (period, serial) in (0u32..).zip(serials) {
            let (month, spelling) = Month::parse_bwrp(&serial.to_string()).unwrap();
            assert_eq!(spelling, Spelling::Serial);
            assert_eq!(month.since(first), Some(period));
        }
        assert_eq!(Month::parse_bwrp("44166").unwrap().0, month("2020-12"));
        assert_eq!(
            Month::parse_bwrp("202012"),
            Ok((month("2020-12"), Spelling::YearMonth))
        );
    }

    #[test]
    fn every_day_is_counted() {
        let is_leap =
            |y: u32| y.is_multiple_of(4) && (!y.is_multiple_of(100) || y.is_multiple_of(400));
        let mut serial = 61;
        for year in 1900..=2500 {
            for number in 1..=12 {
                let days = match number {
                    2 if is_leap(year) => 29,
                    2 => 28,
                    4 | 6 | 9 | 11 => 30,
                    _ => 31,
                };
                if year == 1900 && number < 3 {
                    continue;
                }
                for day in 1..=days {
                    let month = Month::new(year, number).unwrap();
                    assert_eq!(Month::of_serial(serial), Some((month, day)), "{serial}");
                    serial += 1;
                }
            }
        }
        assert_eq!(Month::of_serial(60), None);
        assert_eq!(Month::of_serial(2_958_465), Some((month("9999-12"), 31)));
        assert_eq!(Month::of_serial(2_958_466), None);
        assert_eq!(Month::of_serial(u32::MAX), None);
    }

    #[test]
    fn texts_that_are_not_months() {
        for text in [
            "", "2019", "2019-1", "2019-00", "2019-13", "1899-12", "19-01", "2019-001", "2019/01",
            "+019-01", "2019-01 ",
        ] {
            assert_eq!(
                text.parse::<Month>(),
                Err(MonthError::NotAMonth(text.to_owned()))
            );
        }
        for text in [
            "", "4346", "201900", "201913", "189912", "4346x", "2019-01", "00060", "4346600",
        ] {
            assert_eq!(
                Month::parse_bwrp(text),
                Err(MonthError::NotAMonth(text.to_owned()))
            );
        }
        assert_eq!(
            Month::parse_bwrp("43467").unwrap_err().to_string(),
            "43467 is day 2 of 2019-01; a month is the number of its first day"
        );
    }

    #[test]
    fn months_in_order() {
        assert_eq!(month("2019-12").next(), Some(month("2020-01")));
        assert_eq!(month("9999-12").next(), None);
        assert_eq!(month("2019-01").since(month("2019-02")), None);
        assert_eq!(month("2021-03").since(month("2019-01")), Some(26));
        assert_eq!(month("2019-01").to_string(), "2019-01");
    }
}
