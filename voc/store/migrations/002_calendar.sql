-- From here on the calendar holds every day that a row has (the code adds them), not only those of 1390 to 1420.
SELECT 1;
