//! How much harm a run can do at the most: canaries, the rate, and what an account may have in a day.
