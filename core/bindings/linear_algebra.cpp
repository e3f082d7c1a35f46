// Matrices for CMA-ES; see core/evolution/linear_algebra.hpp.
#include "../evolution/linear_algebra.hpp"

#include "../evolution/random.hpp"
#include "common.hpp"

using namespace wann;

namespace {

Out<double> product(In<double, 2> a, In<double, 2> b) {
  if (a.shape(1) != b.shape(0)) throw nb::value_error("the matrices do not fit together");
  Out<double> c = new_array<double>({a.shape(0), b.shape(1)});
  multiply(a.data(), b.data(), c.data(), a.shape(0), a.shape(1), b.shape(1));
  return c;
}

std::pair<Out<double>, Out<double>> symmetric_eigen(In<double, 2> matrix) {
  const std::size_t n = matrix.shape(0);
  if (matrix.shape(1) != n) throw nb::value_error("the matrix is not square");
  SymmetricEigen eigen;
  bool converged;
  {
    std::vector<double> values(matrix.data(), matrix.data() + n * n);
    const nb::gil_scoped_release release;
    converged = eigen.decompose(std::move(values), n);
  }
  if (!converged) throw nb::value_error("the eigenvalues of the matrix cannot be found");
  Out<double> vectors = new_array<double>({n, n});
  std::copy(eigen.vectors.begin(), eigen.vectors.end(), vectors.data());
  return {array_of<double>(eigen.values), vectors};
}

Out<double> normals(std::uint64_t seed, std::size_t rows, std::size_t columns) {
  Out<double> out = new_array<double>({rows, columns});
  Random random(seed);
  for (std::size_t i = 0; i < rows * columns; ++i) out.data()[i] = random.normal();
  return out;
}

}  // namespace

void bind_linear_algebra(nb::module_& m) {
  m.def("product", &product, nb::arg("a"), nb::arg("b"), "The product of two matrices, every sum from first to last.");
  m.def("symmetric_eigen", &symmetric_eigen, nb::arg("matrix"),
        "Eigenvalues and eigenvectors (rows) of a symmetric matrix; a ValueError where they cannot be found.");
  m.def("normals", &normals, nb::arg("seed"), nb::arg("rows"), nb::arg("columns"), "Standard normal numbers in a matrix.");
}
