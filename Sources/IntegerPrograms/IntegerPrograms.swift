// IntegerPrograms: Mixed-integer linear programs, solved by COIN-OR CBC.
