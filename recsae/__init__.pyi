from recsae.inference.explained import ExplainedRecommender as ExplainedRecommender
from recsae.jobs.models.loading import load_model as load_model
from recsae.results import Results as Results
from recsae.results import load_results as load_results

__version__: str
