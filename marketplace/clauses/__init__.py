"""The social clause: levers, hours owed and hours worked."""
