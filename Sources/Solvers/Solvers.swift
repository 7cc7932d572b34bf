// Solvers: Optimisation without integers: quadratic programs, non-negative least squares, Riccati equations, derivative-free search.
