"""The web console: aggregates for admins, managers and employees, on Datasette. It shows nobody a person's turns."""
