// Dense linear algebra in float64 for CMA-ES, with every sum in an order that is fixed here: the results are the same to the
// bit on every processor, with every compiler and at every instruction set level. A BLAS promises none of that.
//
// Matrices are square or rectangular blocks of rows, one after the other. Most loops add a multiple of one row to another,
// so that each element has a sum of its own and vectors of any width round alike; where numbers within a row are added up
// (`dot`), four partial sums are kept, whatever the processor's width. Multiply-adds are never fused: v2 has none.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

namespace wann {

typedef double FourDoubles __attribute__((vector_size(4 * sizeof(double))));

inline FourDoubles load_four(const double* p) {
  FourDoubles r;
  std::memcpy(&r, p, sizeof r);
  return r;
}

inline void store_four(double* p, FourDoubles x) { std::memcpy(p, &x, sizeof x); }

// y += a · x
inline void add_multiple(double a, const double* x, double* y, std::size_t n) {
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) store_four(y + i, load_four(y + i) + a * load_four(x + i));
  for (; i < n; ++i) y[i] += a * x[i];
}

// y += a · x + b · z
inline void add_multiples(double a, const double* x, double b, const double* z, double* y, std::size_t n) {
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) store_four(y + i, load_four(y + i) + (a * load_four(x + i) + b * load_four(z + i)));
  for (; i < n; ++i) y[i] += a * x[i] + b * z[i];
}

// Σ x·y: element i belongs to partial sum i mod 4.
inline double dot(const double* x, const double* y, std::size_t n) {
  FourDoubles sums{};
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) sums += load_four(x + i) * load_four(y + i);
  for (std::size_t k = 0; i < n; ++i, ++k) sums[k] += x[i] * y[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// c = a · b for a (rows × inner), b (inner × columns): c[i, j] is added up over the inner index from first to last.
inline void multiply(const double* a, const double* b, double* c, std::size_t rows, std::size_t inner, std::size_t columns) {
  for (std::size_t i = 0; i < rows; ++i) {
    double* row = c + i * columns;
    std::fill(row, row + columns, 0.0);
    for (std::size_t k = 0; k < inner; ++k) add_multiple(a[i * inner + k], b + k * columns, row, columns);
  }
}

// x turns against y by the angle whose cosine and sine are given.
inline void rotate_rows(double cosine, double sine, double* x, double* y, std::size_t n) {
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const FourDoubles a = load_four(x + i), b = load_four(y + i);
    store_four(x + i, cosine * a - sine * b);
    store_four(y + i, sine * a + cosine * b);
  }
  for (; i < n; ++i) {
    const double a = x[i], b = y[i];
    x[i] = cosine * a - sine * b;
    y[i] = sine * a + cosine * b;
  }
}

// √(a² + b²) without overflow; a library's hypot differs from version to version.
inline double length_of(double a, double b) {
  const double large = std::fmax(std::fabs(a), std::fabs(b)), small = std::fmin(std::fabs(a), std::fabs(b));
  if (large == 0.0) return 0.0;
  const double ratio = small / large;
  return large * std::sqrt(1.0 + ratio * ratio);
}

// The eigenvalues and eigenvectors of a real symmetric matrix: A = Σ values[k] · v_k v_kᵀ, with v_k row k of `vectors`.
// Householder's reduction to tridiagonal form, then implicit QL steps with Wilkinson's shift (Golub and Van Loan, Matrix
// Computations, sections 8.3.1 and 8.3.3). The order of the eigenvalues is that in which they are found.
class SymmetricEigen {
 public:
  std::vector<double> values, vectors;

  // False where the steps do not converge, as with NaN in the matrix.
  bool decompose(std::vector<double> matrix, std::size_t n) {
    n_ = n;
    a_ = std::move(matrix);
    values.assign(n, 0.0);
    beside_.assign(n, 0.0);
    reduce();
    accumulate();
    return diagonalise();
  }

 private:
  // The reflection of step k is I - factor_[k] · v vᵀ, with v in row k of a_, from column k + 1 on.
  void reduce() {
    factor_.assign(n_, 0.0);
    std::vector<double> p(n_);
    for (std::size_t k = 0; k + 2 < n_; ++k) {
      double* v = row(k) + k + 1;
      const std::size_t m = n_ - k - 1;
      values[k] = row(k)[k];
      const double tail = dot(v + 1, v + 1, m - 1);
      if (tail == 0.0) {
        beside_[k] = v[0];
        continue;
      }
      const double length = std::sqrt(v[0] * v[0] + tail);
      beside_[k] = v[0] > 0.0 ? -length : length;
      v[0] -= beside_[k];
      factor_[k] = 2.0 / (v[0] * v[0] + tail);
      std::fill(p.begin(), p.begin() + m, 0.0);
      for (std::size_t j = 0; j < m; ++j) add_multiple(v[j], row(k + 1 + j) + k + 1, p.data(), m);
      for (std::size_t j = 0; j < m; ++j) p[j] *= factor_[k];
      add_multiple(-0.5 * factor_[k] * dot(p.data(), v, m), v, p.data(), m);
      for (std::size_t j = 0; j < m; ++j) add_multiples(-v[j], p.data(), -p[j], v, row(k + 1 + j) + k + 1, m);
    }
    for (std::size_t k = n_ < 2 ? 0 : n_ - 2; k < n_; ++k) {
      values[k] = row(k)[k];
      beside_[k] = k + 1 < n_ ? row(k)[k + 1] : 0.0;
    }
  }

  // Makes `vectors` the transposed product of all reflections.
  void accumulate() {
    std::vector<double> product(n_ * n_, 0.0), along(n_);
    for (std::size_t i = 0; i < n_; ++i) product[i * n_ + i] = 1.0;
    for (std::size_t k = n_ < 2 ? 0 : n_ - 2; k-- > 0;) {
      if (factor_[k] == 0.0) continue;
      const double* v = row(k) + k + 1;
      const std::size_t m = n_ - k - 1;
      std::fill(along.begin(), along.begin() + m, 0.0);
      for (std::size_t j = 0; j < m; ++j) add_multiple(v[j], &product[(k + 1 + j) * n_ + k + 1], along.data(), m);
      for (std::size_t j = 0; j < m; ++j)
        add_multiple(-factor_[k] * v[j], along.data(), &product[(k + 1 + j) * n_ + k + 1], m);
    }
    vectors.resize(n_ * n_);
    for (std::size_t i = 0; i < n_; ++i)
      for (std::size_t j = 0; j < n_; ++j) vectors[j * n_ + i] = product[i * n_ + j];
  }

  bool diagonalise() {
    for (std::size_t first = 0; first < n_; ++first) {
      std::size_t last = end_of_block(first);
      for (int steps = 0; last != first; last = end_of_block(first)) {
        if (++steps > kMostSteps) return false;
        ql_step(first, last);
      }
    }
    return true;
  }

  // The end of the block that begins at `first`: there the matrix falls apart.
  std::size_t end_of_block(std::size_t first) const {
    std::size_t last = first;
    for (; last + 1 < n_; ++last) {
      const double size = std::fabs(values[last]) + std::fabs(values[last + 1]);
      if (size + std::fabs(beside_[last]) == size) break;
    }
    return last;
  }

  void ql_step(std::size_t first, std::size_t last) {
    double g = (values[first + 1] - values[first]) / (2.0 * beside_[first]);
    const double r = length_of(g, 1.0);
    g = values[last] - values[first] + beside_[first] / (g + (g >= 0.0 ? r : -r));
    double sine = 1.0, cosine = 1.0, shift = 0.0;
    for (std::size_t i = last; i-- > first;) {
      const double f = sine * beside_[i], b = cosine * beside_[i];
      const double length = length_of(f, g);
      beside_[i + 1] = length;
      if (length == 0.0) {  // the block has fallen apart underway
        values[i + 1] -= shift;
        beside_[last] = 0.0;
        return;
      }
      sine = f / length;
      cosine = g / length;
      g = values[i + 1] - shift;
      const double t = (values[i] - g) * sine + 2.0 * cosine * b;
      shift = sine * t;
      values[i + 1] = g + shift;
      g = cosine * t - b;
      rotate_rows(cosine, sine, &vectors[i * n_], &vectors[(i + 1) * n_], n_);
    }
    values[first] -= shift;
    beside_[first] = g;
    beside_[last] = 0.0;
  }

  double* row(std::size_t i) { return a_.data() + i * n_; }

  static constexpr int kMostSteps = 64;  // for one eigenvalue; two or three are usual

  std::size_t n_ = 0;
  std::vector<double> a_, beside_, factor_;
};

}  // namespace wann
