// LinearAlgebra: Dense and sparse matrices and the factorisations over them, on the system's OpenBLAS and LAPACKE.
