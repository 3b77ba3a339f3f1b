"""Who is covered by which list, for whom, since when: dated and cited data, and the rules over it."""
