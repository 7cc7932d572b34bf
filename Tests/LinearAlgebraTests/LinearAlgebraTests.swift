// Tests of LinearAlgebra.
