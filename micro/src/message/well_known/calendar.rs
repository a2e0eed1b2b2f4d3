//! Days and dates in the Gregorian calendar, extended backwards.
//!
//! Years are counted from March here, so that the leap day comes last: then the days before a month follow a straight
//! line, and 400 years are always the same number of days.

const DAYS_PER_400_YEARS: i64 = 146_097;

/// From 1 March of year 0 to 1 January 1970.
const DAYS_TO_1970: i64 = 719_468;

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    pub(super) month: u32,
    pub(super) day: u32,
}

impl Date {
    /// The date so many days after 1 January 1970.
    pub(super) fn from_days(days: i64) -> Self {
        let days = days + DAYS_TO_1970;
        let cycle = days.div_euclid(DAYS_PER_400_YEARS);
        let in_cycle = days.rem_euclid(DAYS_PER_400_YEARS);
        // Takes out the leap days before: one in 4 years, none in 100, one in 400.
        let year = (in_cycle - in_cycle / 1_460 + in_cycle / 36_524 - in_cycle / 146_096) / 365;
        let in_year = in_cycle - days_before_year(year);
        let from_march = (5 * in_year + 2) / 153;
        let day = in_year - days_before_month(from_march) + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = cycle * 400 + year + i64::from(month <= 2);
        Date { year, month: month as u32, day: day as u32 }
    }

    /// Days after 1 January 1970.
    pub(super) fn days(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let from_march = (i64::from(self.month) + 9) % 12;
        let in_year = days_before_month(from_march) + i64::from(self.day) - 1;
        let in_cycle = days_before_year(year.rem_euclid(400)) + in_year;
        year.div_euclid(400) * DAYS_PER_400_YEARS + in_cycle - DAYS_TO_1970
    }

    /// Returns `true` if the calendar has this day.
    pub(super) fn exists(self) -> bool {
        (1..=12).contains(&self.month) && self.day >= 1 && Date::from_days(self.days()) == self
    }
}

/// Days from the start of a cycle of 400 years.
fn days_before_year(year: i64) -> i64 {
    365 * year + year / 4 - year / 100
}

/// Days from 1 March to the start of a month, March being 0.
fn days_before_month(from_march: i64) -> i64 {
    (153 * from_march + 2) / 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_lead_to_one_another() {
        for (days, year, month, day) in [
            (0, 1970, 1, 1),
            (-1, 1969, 12, 31),
            (11_016, 2000, 2, 29),
            (-719_162, 1, 1, 1),
            (2_932_896, 9999, 12, 31),
            (-25_509, 1900, 2, 28),
            (-25_508, 1900, 3, 1),
        ] {
            let date = Date { year, month, day };
            assert_eq!(Date::from_days(days), date);
            assert_eq!(date.days(), days);
            assert!(date.exists());
        }
        for days in (-800_000..3_000_000).step_by(97) {
            assert_eq!(Date::from_days(days).days(), days);
        }
    }

    #[test]
    fn some_days_do_not_exist() {
        for (year, month, day) in
            [(2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 0, 1), (2024, 13, 1), (2024, 1, 0)]
        {
            assert!(!Date { year, month, day }.exists(), "{year}-{month}-{day}");
        }
    }
}
